"""Where the classes of pictures are from: folders, names and tables, as people have them."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from efficientmod_export._picture_files import PictureFile
from efficientmod_export.eval._class_names import ClassNames
from efficientmod_export.eval._truth import Truth, find_truth
from efficientmod_mobile.errors import InputError

from ...raising import refused

LABELS = ("tench, Tinca tinca", "goldfish", "crane", "polar_bear", "crane")


def pictures(*names: str) -> list[PictureFile]:
    return [PictureFile(name, Path("/nowhere"), 0, 1) for name in names]


def truth(names: Sequence[str], classes: int, labels: Sequence[str] | None = None, file: Path | None = None) -> Truth:
    return find_truth(pictures(*names), file, ClassNames(classes, labels))


def test_folders_named_by_synset_are_imagenets_classes() -> None:
    found = truth(
        ["val/n01440764/a.JPEG", "val/n02123045/b.JPEG", "val/n02123045/x/c.JPEG", "val/n99999999/d.JPEG"], 1000
    )
    assert "synset" in found.statement
    # ImageNet's classes 0, tench, and 281, tabby
    assert found.classes == {
        "val/n01440764/a.JPEG": (0,),
        "val/n02123045/b.JPEG": (281,),
        "val/n02123045/x/c.JPEG": (281,),
    }


def test_labels_that_are_synsets_come_before_imagenets_order() -> None:
    found = truth(["n02123045/a.png", "n01440764/b.png"], 2, ("n02123045", "n01440764"))
    assert found.classes == {"n02123045/a.png": (0,), "n01440764/b.png": (1,)}


def test_folders_named_by_label_whatever_their_case() -> None:
    names = ["tench/a.png", "Goldfish/b.png", "Polar-Bear/c.png", "crane/d.png", "tinca tinca/e.png"]
    found = truth(names, 5, LABELS)
    assert "labels" in found.statement
    assert [found.classes[name] for name in names] == [(0,), (1,), (3,), (2, 4), (0,)]


def test_a_folder_that_is_no_label_has_no_class() -> None:
    found = truth(["goldfish/a.png", "tench/b.png", "tench/c.png", "rubbish/d.png"], 5, LABELS)
    assert found.remarks == ("No class of the network is called rubbish.",)
    assert found.classes == {"goldfish/a.png": (1,), "tench/b.png": (0,), "tench/c.png": (0,)}


def test_as_many_folders_as_classes_are_taken_in_their_order() -> None:
    found = truth(["all/b/1.png", "all/a/2.png", "all/C/3.png"], 3, ("x", "y", "z"))
    assert "order" in found.statement
    assert found.classes == {"all/C/3.png": (0,), "all/a/2.png": (1,), "all/b/1.png": (2,)}  # as ImageFolder sorts
    assert found.remarks == ()
    with_one_beside = truth(["all/b/1.png", "all/a/2.png", "all/C/3.png", "logo.png"], 3, ("x", "y", "z"))
    assert with_one_beside.classes == found.classes
    assert truth(["1.png", "2.png"], 1) == Truth("", {})


def test_folders_that_tell_no_class_are_named() -> None:
    found = truth(["all/b/1.png", "all/a/2.png"], 3)
    assert (found.statement, found.classes) == ("", {})
    assert found.remarks == ("The 2 folders (a, b) tell no class: the network has 3, and its bundle has no labels.",)
    (remark,) = truth(["b/1.png", "a/2.png"], 3, ("x", "y", "z")).remarks
    assert "none of its labels" in remark


def test_folders_that_are_numbers_are_sorted_as_text() -> None:
    found = truth([f"{number}/a.png" for number in range(11)], 11)
    assert (found.classes["2/a.png"], found.classes["10/a.png"]) == ((3,), (2,))  # as ImageFolder sorts
    assert "10 before 2" in found.statement


def test_a_synset_may_have_its_name_behind_it_in_folders_and_labels() -> None:
    found = truth(["n02123045-tabby/a.png", "n01440764_tench/b.png"], 1000)
    assert found.classes == {"n02123045-tabby/a.png": (281,), "n01440764_tench/b.png": (0,)}
    lines = ("n02123045 tabby, tabby cat", "n01440764 tench, Tinca tinca")  # as in synset_words.txt
    assert truth(["n01440764/b.png"], 2, lines).classes == {"n01440764/b.png": (1,)}
    assert truth(["tabby_cat/b.png"], 2, lines).classes == {"tabby_cat/b.png": (0,)}


def test_a_network_with_a_background_class_has_imagenets_classes_behind_it(tmp_path: Path) -> None:
    found = truth(["n01440764/a.JPEG", "n02123045/b.JPEG"], 1001)
    assert found.classes == {"n01440764/a.JPEG": (1,), "n02123045/b.JPEG": (282,)}
    assert "background" in found.statement
    names = ["ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000002.JPEG"]
    assert truth(names, 1001).classes == {names[1]: (971, 796)}
    lines = [f"ILSVRC2012_val_{place + 1:08}.JPEG {number}" for place, number in enumerate((65, 970, 0, 999))]
    (tmp_path / "val.txt").write_text("\n".join(lines))
    assert truth(names, 1001, None, tmp_path / "val.txt").classes == {names[0]: (66,), names[1]: (971,)}
    (tmp_path / "val.txt").write_text("\n".join([*lines, "ILSVRC2012_val_00000005.JPEG 1000"]))
    assert truth(names, 1001, None, tmp_path / "val.txt").classes == {names[0]: (65,), names[1]: (970,)}


def test_signs_that_folders_cannot_have_and_a_macs_accents() -> None:
    labels = ("jack-o'-lantern", "caf\u00e9", "cup/mug", "C++", "C")
    names = ["jack-o-lantern/a.png", "cafe\u0301/b.png", "Cup_Mug/c.png", "c/d.png", "C++/e.png"]
    found = truth(names, 5, labels)
    assert [found.classes.get(name) for name in names] == [(0,), (1,), (2,), (4,), (3,)]


def test_synsets_of_a_network_with_classes_of_its_own_are_taken_in_their_order() -> None:
    found = truth(["n02123045/a.png", "n01440764/b.png"], 2)
    assert "order" in found.statement
    assert found.classes == {"n01440764/b.png": (0,), "n02123045/a.png": (1,)}


def test_imagenets_validation_pictures_have_their_synset_in_the_name() -> None:
    name = "ILSVRC2012_val_00000001_n01751748.JPEG"
    assert truth([name], 1000).classes == {name: (65,)}


def test_imagenets_validation_pictures_without_it_have_the_reassessed_labels() -> None:
    names = [f"ILSVRC2012_val_{number:08}.JPEG" for number in (1, 2, 3)]
    found = truth(names, 1000)
    assert "ReaL" in found.statement
    # The first three of real.json of github.com/google-research/reassessed-imagenet: [], [970, 795], [230, 231]
    assert found.classes == {names[1]: (970, 795), names[2]: (230, 231)}
    assert truth(names, 5).statement == ""


NAMES = ("a/one two.jpg", "a/b.jpg", "c/b.jpg", "d.png")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("file,class\nd.png,3\na/b.jpg,1\n", {"d.png": (3,), "a/b.jpg": (1,)}),
        ("d.png,3\r\na/b.jpg,1\r\n", {"d.png": (3,), "a/b.jpg": (1,)}),  # without a header, from Windows
        ("\ufeffclass;file\n3 1;d.png\n", {"d.png": (1, 3)}),  # several, another order and separator, Excel's mark
        ("path\twidth\tlabel\nd\t3\tgoldfish\n", {"d.png": (1,)}),
        ("id,label\nd.png,crane\n", {"d.png": (2, 4)}),
        ("id,label\nd.png,goldfish|polar bear\n", {"d.png": (1, 3)}),
        ("a/one two.jpg 2\nd.png 0 4\nb.jpg 1\n", {"a/one two.jpg": (2,), "d.png": (0, 4)}),  # which b.jpg?
        ("file,x,y\nd.png,1,goldfish\na/b.jpg,3,polar bear\n", {"d.png": (1,), "a/b.jpg": (3,)}),  # both say the same
        ("# of 2026, by me\nfile,class\nd.png,3\n", {"d.png": (3,)}),
        ("file,class\n/data/val/a/b.jpg,1.0\nC:\\val\\d.png,2.0\n", {"a/b.jpg": (1,), "d.png": (2,)}),  # by pandas
        ("file,class\nD.JPG,3\n", {"d.png": (3,)}),  # converted since
        ('"file","class"\n"a/one two.jpg","[1, 3]"\n', {"a/one two.jpg": (1, 3)}),
        ("file,class\nval/d.png,1\nd.png,3\n", {"d.png": (3,)}),  # the one that is called so, not one elsewhere
    ],
)
def test_tables(text: str, expected: dict[str, tuple[int, ...]], tmp_path: Path) -> None:
    (tmp_path / "truth.csv").write_text(text, newline="")
    found = truth(NAMES, 5, LABELS, tmp_path / "truth.csv")
    assert found.classes == expected
    assert "truth.csv" in found.statement


def test_what_is_odd_in_a_table_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,class\nd.png,1\nd.png,3\na/b.jpg,unicorn\nc/b.jpg,\nx.png,9\n")
    found = truth(NAMES, 5, LABELS, tmp_path / "t.csv")
    assert found.classes == {"d.png": (1, 3)}
    unknown, several = found.remarks
    assert "1 pictures, as in 'unicorn' for a/b.jpg" in unknown
    assert "several rows for 1 pictures, as for d.png" in several


def test_a_table_in_the_encodings_of_excel(tmp_path: Path) -> None:
    for encoding in ("utf-16", "utf-8-sig"):
        (tmp_path / "t.txt").write_text("file\tclass\nd.png\t3\n", encoding=encoding)
        assert truth(NAMES, 5, LABELS, tmp_path / "t.txt").classes == {"d.png": (3,)}
    (tmp_path / "t.txt").write_text("file,class\nd.png,\u00e4\n", encoding="latin-1")
    with refused(InputError, "bad_truth", "UTF-8"):
        truth(NAMES, 5, LABELS, tmp_path / "t.txt")


def test_labels_that_are_numbers_are_no_numbers_of_classes(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,class\nd.png,3\na/b.jpg,1\nc/b.jpg,2\n")
    assert truth(NAMES, 3, ("1", "2", "3"), tmp_path / "t.csv").classes["d.png"] == (2,)


def test_a_table_comes_before_the_folders(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("file,class\ngoldfish/a.png,3\n")
    assert truth(["goldfish/a.png"], 5, LABELS, tmp_path / "t.csv").classes == {"goldfish/a.png": (3,)}


def test_imagenets_own_tables(tmp_path: Path) -> None:
    names = ["ILSVRC2012_val_00000001.JPEG", "ILSVRC2012_val_00000003.JPEG"]
    (tmp_path / "val.txt").write_text("ILSVRC2012_val_00000001.JPEG 65\nILSVRC2012_val_00000002.JPEG 970\n")
    assert truth(names, 1000, None, tmp_path / "val.txt").classes == {names[0]: (65,)}
    (tmp_path / "truth.txt").write_text("490\n361\n171\n1000\n")  # of the development kit, whose order is another
    with refused(InputError, "bad_truth", "from 1 to 1000"):
        truth(names, 1000, None, tmp_path / "truth.txt")
    boxes = "ImageId,PredictionString\nILSVRC2012_val_00000003,n02105855 120 100 2 3 n02105855 1 2 3 4\n"
    (tmp_path / "kaggle.csv").write_text(boxes)
    assert truth(names, 1000, None, tmp_path / "kaggle.csv").classes == {names[1]: (230,)}
    (tmp_path / "synsets.txt").write_text("n01751748\nn09193705\nn02105855\n")
    assert truth(names, 1000, None, tmp_path / "synsets.txt").classes == {names[0]: (65,), names[1]: (230,)}


def test_the_photographs_table() -> None:
    folder = Path(__file__).parents[2] / "data" / "photographs"
    found = truth([path.name for path in folder.glob("*.webp")], 1000, None, folder / "pictures.csv")
    assert len(found.classes) == 47
    assert found.classes["cat.webp"] == (281, 282, 283, 284, 285)
    assert found.classes["cow.webp"] == (345,)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("x.jpg 3\n", "x.jpg 3"),
        ("d.png 17\n", "has class 17 for d.png, and the network has 5 classes"),
        ("train/d.png 1\nval/d.png 2\n", "which of them is d.png cannot be told"),
        ('{"d.png": 1, ' + 200_000 * "x", "d.png"),  # a line that no CSV has
        ("file,class\nd.png,unicorn\n", "unicorn"),
        ("d.png 5\na/b.jpg 1\n", "from 1 to 5"),  # counted from 1
        ("file,x,y\nd.png,1,2\n", "call it class"),
        ("", "d.png"),
    ],
)
def test_a_table_of_no_use_is_refused(text: str, named: str, tmp_path: Path) -> None:
    (tmp_path / "truth.txt").write_text(text)
    with refused(InputError, "bad_truth", "truth.txt", named):
        truth(sorted(NAMES, reverse=True), 5, LABELS, tmp_path / "truth.txt")
    with refused(InputError, "bad_truth", "absent.csv"):
        truth(NAMES, 5, LABELS, tmp_path / "absent.csv")
