"""A synthetic county to try the site with (演示数据): everything is made by the services, as people would make it."""

from huoshui.services.demo.authentications import AuthenticationSheet, authentication_sheet
from huoshui.services.demo.county import fill_site
from huoshui.services.demo.logins import DemoLogin, demo_logins

__all__ = ["AuthenticationSheet", "DemoLogin", "authentication_sheet", "demo_logins", "fill_site"]
