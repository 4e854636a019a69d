"""Operators that some runtime lacks, or whose converter gets them wrong, in operators that every runtime has."""

from efficientmod_mobile.deploy.forms.portable._portable_forms import PortableForms
from efficientmod_mobile.deploy.forms.portable._resize import resize_in_products, resized

__all__ = ["PortableForms", "resize_in_products", "resized"]
