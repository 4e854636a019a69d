"""Which of the pictures are evaluated where there is a limit."""

import random
from collections.abc import Mapping, Sequence

from efficientmod_export._picture_files import PictureFile


def spread(
    pictures: Sequence[PictureFile], groups: Mapping[str, object], limit: int | None, seed: int
) -> tuple[PictureFile, ...]:
    """At most `limit` pictures, as many of each group as there can be; `groups` is by a picture's name.

    In each group, and of the groups themselves, what is taken is drawn with `seed`: the same each time.
    """
    if limit is None or limit >= len(pictures):
        return tuple(pictures)
    draw = random.Random(seed)
    members: dict[object, list[PictureFile]] = {}
    for picture in pictures:
        members.setdefault(groups.get(picture.name), []).append(picture)
    queues = list(members.values())
    draw.shuffle(queues)
    for queue in queues:
        draw.shuffle(queue)
    rounds = (queue[place] for place in range(max(map(len, queues))) for queue in queues if place < len(queue))
    chosen = {one.name for one, _ in zip(rounds, range(limit), strict=False)}
    return tuple(picture for picture in pictures if picture.name in chosen)
