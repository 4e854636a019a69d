"""Channels-last operators rewritten as channels-first ones."""

from efficientmod_mobile.deploy.forms.channels_first._channels_first import ChannelsFirst

__all__ = [
    "ChannelsFirst",
]
