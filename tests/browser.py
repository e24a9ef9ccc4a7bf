"""A real browser without a window, to look at a page: Chromium, driven by selenium.

``python -m tests.browser PAGE.html PICTURE.png`` takes a picture of the page's top.
"""

import base64
import json
import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
DRIVER = shutil.which("chromedriver")
ARGUMENTS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
]
PATIENCE = 120
"""Seconds for one script: the machine may be busy."""

PAPER = {"A4": (8.27, 11.69), "Letter": (8.5, 11.0)}


class Browser:
    """One browser; sizes are CSS pixels."""

    def __init__(self, driver):
        self.driver = driver

    def show(self, page, *, width=1280, height=900, dark=False):
        """Open a page at this size."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        self.command("Emulation.setEmulatedMedia", media="screen", features=[scheme])
        self.driver.get(page.as_uri())

    def command(self, name, **parameters):
        """Send a command of the DevTools protocol."""
        return self.driver.execute_cdp_cmd(name, parameters)

    def ask(self, script, *arguments):
        """The value of a script that ends with ``return``."""
        return self.driver.execute_script(script, *arguments)

    def picture(self):
        """What is seen, as PNG."""
        return base64.b64decode(self.command("Page.captureScreenshot", format="png")["data"])

    def print(self, page, paper):
        """The page as PDF on this paper."""
        self.command("Emulation.clearDeviceMetricsOverride")
        self.command("Emulation.setEmulatedMedia", media="")
        self.driver.get(page.as_uri())
        width, height = PAPER[paper]
        made = self.command("Page.printToPDF", paperWidth=width, paperHeight=height)
        return base64.b64decode(made["data"])

    def messages(self):
        """What the page wrote to the console, errors of the browser too."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Every address that was asked for since the last call, but for data inside the page."""
        events = [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        sent = [event for event in events if event["method"] == "Network.requestWillBeSent"]
        addresses = [event["params"]["request"]["url"] for event in sent]
        return [address for address in addresses if not address.startswith("data:")]

    def violations(self):
        """What axe-core finds: the rule and the first element that breaks it."""
        import axe_core_python

        script = Path(axe_core_python.__file__).with_name("axe.min.js").read_text(encoding="utf-8")
        self.driver.execute_script(script)
        brief = "axe.run({resultTypes: ['violations']}).then(arguments[arguments.length - 1])"
        found = self.driver.execute_async_script(brief)  # what passed is only counted, not listed
        assert len(found["passes"]) > 10
        return [(one["id"], one["nodes"][0]["html"][:200]) for one in found["violations"]]


def missing():
    """What is not there to run a browser; empty for nothing."""
    try:
        import axe_core_python  # noqa: F401
        import selenium  # noqa: F401
    except ImportError as error:
        return str(error)
    return "" if CHROMIUM and DRIVER else "needs chromium and chromedriver (Debian: chromium chromium-driver)"


@contextmanager
def opened():
    """A browser with a profile of its own, which downloads nothing."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in [*ARGUMENTS, f"--user-data-dir={profile}"]:
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        driver = webdriver.Chrome(options, Service(DRIVER, log_output=os.devnull))
        driver.set_script_timeout(PATIENCE)
        try:
            yield Browser(driver)
        finally:
            driver.quit()


def main(page, picture):
    """Take a picture of the top of a page."""
    with opened() as browser:
        browser.show(Path(page).resolve(), width=1000, height=1750)
        Path(picture).write_bytes(browser.picture())


if __name__ == "__main__":
    main(*sys.argv[1:])
