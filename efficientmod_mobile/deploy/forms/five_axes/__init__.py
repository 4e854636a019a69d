"""Tensors of more than five axes, which Core ML does not have, are written with at most five."""

from efficientmod_mobile.deploy.forms.five_axes._at_most_five_axes import AtMostFiveAxes

__all__ = ["AtMostFiveAxes"]
