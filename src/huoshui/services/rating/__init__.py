"""Rating (评级): from features to a grade, a limit, a price and the reasons, for one firm or a register."""

from huoshui.services.rating.basis import FirmRater, RatingBasis, open_rater, products
from huoshui.services.rating.one_firm import FirmRating, rate_firm
from huoshui.services.rating.register import rate_register

__all__ = ["FirmRater", "FirmRating", "RatingBasis", "open_rater", "products", "rate_firm", "rate_register"]
