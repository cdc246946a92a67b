"""check_html.py: the pages of plans and of drift in a browser.

    check_html.py TEST_RENDER_HTML TEST_RENDER_DRIFT DIRECTORY

The test programs write the pages of their plans and reports; xmllint judges each, and Chromium a few: nothing
on the console, nothing requested beyond the page itself, the filter and folding work, no page is
wider than its window, every text stands out from what is behind it, in light and in dark, and
without scripts all can still be read. Pictures of the pages are left in DIRECTORY.
"""
import base64
import glob
import json
import os
import shutil
import subprocess
import sys
import tempfile

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.chrome.options import Options
from selenium.webdriver.chrome.service import Service

PICTURES = ("fresh", "refused", "script", "mixed", "drift-all", "drift-hostile")
SIZES = {"phone": (390, 844), "desk": (1440, 900)}

CONTRAST = r"""
function parse(text) {
  var n = text.match(/[\d.]+/g).map(Number);
  return n.length < 4 ? n.concat([1]) : n;
}
function over(top, back) {
  return [0, 1, 2].map(function (i) { return top[i] * top[3] + back[i] * (1 - top[3]); }).concat([1]);
}
function behind(node) {
  var stack = [];
  for (; node; node = node.parentElement) stack.push(parse(getComputedStyle(node).backgroundColor));
  return stack.reverse().reduce(function (back, top) { return over(top, back); }, [255, 255, 255, 1]);
}
function light(c) {
  var v = c.slice(0, 3).map(function (x) {
    x /= 255;
    return x <= 0.04045 ? x / 12.92 : Math.pow((x + 0.055) / 1.055, 2.4);
  });
  return 0.2126 * v[0] + 0.7152 * v[1] + 0.0722 * v[2];
}
function ratio(a, b) {
  var x = light(a), y = light(b);
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
}
var bad = [], seen = 0;
document.querySelectorAll('body *').forEach(function (node) {
  var own = Array.prototype.some.call(node.childNodes, function (child) {
    return child.nodeType === 3 && child.textContent.trim() !== '';
  });
  if (!own || node.closest('script, title') || node.getClientRects().length === 0) return;
  var style = getComputedStyle(node), back, front;
  if (node.closest('svg')) {
    var rect = node.parentElement.querySelector(':scope > rect');
    back = rect ? parse(getComputedStyle(rect).fill) : behind(node.closest('.scroll'));
    front = parse(style.fill);
  } else {
    back = behind(node);
    front = over(parse(style.color), back);
  }
  seen++;
  if (ratio(front, back) < 4.5)
    bad.push(node.tagName + '.' + (node.getAttribute('class') || '') + ' ' + ratio(front, back).toFixed(2));
});
return [seen, Array.from(new Set(bad))];
"""

WIDTH = r"""
var wide = [], limit = document.documentElement.clientWidth;
document.querySelectorAll('body *').forEach(function (node) {
  if (node.closest('.scroll, .diff, .skip, script')) return;
  if (node.getBoundingClientRect().right > limit + 0.5)
    wide.push(node.tagName + '.' + (node.getAttribute('class') || ''));
});
return [document.documentElement.scrollWidth, limit, wide.slice(0, 5)];
"""


def start():
    options = Options()
    options.binary_location = "/usr/bin/chromium"
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--hide-scrollbars", "--no-proxy-server", "--force-color-profile=srgb"):
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    browser = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    browser.set_page_load_timeout(100)
    browser.set_script_timeout(100)
    return browser


class Page:
    def __init__(self, browser, path, size="desk", scripts=True):
        self.browser, self.url = browser, "file://" + path
        browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": not scripts})
        self.look(size)
        browser.get_log("performance")
        browser.get_log("browser")
        browser.get(self.url)

    def look(self, size, scheme="light", height=0):
        """In a window of that size, or higher."""
        width, least = SIZES[size]
        self.browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {
            "width": width, "height": max(least, height), "deviceScaleFactor": 1,
            "mobile": size == "phone"})
        self.browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {
            "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def js(self, code, *words):
        return self.browser.execute_script(code, *words)

    def check_quiet(self):
        console = self.browser.get_log("browser")
        assert not console, console
        urls = set()
        for entry in self.browser.get_log("performance"):
            message = json.loads(entry["message"])["message"]
            if message["method"] == "Network.requestWillBeSent":
                urls.add(message["params"]["request"]["url"].split("#")[0])
        assert urls <= {self.url}, urls

    def check_width(self):
        width, limit, wide = self.js(WIDTH)
        assert width <= limit and not wide, (self.url, width, limit, wide)

    def check_contrast(self):
        seen, bad = self.js(CONTRAST)
        assert seen > 5 and not bad, (self.url, bad)

    def picture(self, path, size, scheme):
        """Of the whole page: the window is as high, so that nothing is left undrawn."""
        self.look(size, scheme)
        for _ in range(2):
            self.look(size, scheme, min(4000, self.js(
                "return Math.ceil(document.body.getBoundingClientRect().height)")))
        data = self.browser.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))


def shown(page):
    return page.js("return Array.from(document.querySelectorAll('.change'))"
                   ".filter(function (d) { return d.checkVisibility(); })"
                   ".map(function (d) { return [d.dataset.kind, d.dataset.action,"
                   " d.dataset.harm !== undefined, d.dataset.drift !== undefined,"
                   " Number(d.dataset.n), d.dataset.news !== undefined,"
                   " d.dataset.counts !== undefined]; })")


def set_field(page, name, value):
    """As a person does: set, then tell."""
    page.js("var f = document.getElementById(arguments[0]);"
            "if (f.type === 'checkbox') f.checked = arguments[1]; else f.value = arguments[1];"
            "f.dispatchEvent(new Event('input', {bubbles: true}));", name, value)
    page.browser.execute_async_script("setTimeout(arguments[0], 200)")


def check_filter(page, rows, one, many):
    everything = shown(page)
    assert len(everything) > 3
    for name, value, index, wanted in rows:
        set_field(page, name, value)
        some = shown(page)
        right = [c for c in everything if c[index] == wanted]
        assert len(some) == len(right), (name, len(some), len(right))
        status = page.js("return document.getElementById('shown').textContent")
        total = sum(c[4] for c in everything)
        count = sum(c[4] for c in right)
        assert status == ("%d of %d %s shown" % (count, total, many) if count < total
                          else "%d %s" % (total, one if total == 1 else many)), status
        assert page.js("return document.getElementById('none').hidden") == bool(right)
        assert page.js("return Array.from(document.querySelectorAll('.wave'))"
                       ".every(function (w) { return w.hidden =="
                       " !w.querySelector('.change:not([hidden])'); })")
        set_field(page, name, False if value is True else "")
    assert len(shown(page)) == len(everything)
    address = page.js("var d = document.querySelectorAll('.change')[2];"
                      "return d.dataset.kind + '/' + d.querySelector('.names').textContent")
    set_field(page, "words", address.upper())
    assert 1 <= len(shown(page)) < len(everything), address
    set_field(page, "words", "no such change anywhere")
    assert not shown(page)
    assert not page.js("return document.getElementById('none').hidden")
    set_field(page, "words", "")


def check_fold(page):
    count = "return document.querySelectorAll('.change[open]').length"
    total = page.js("return document.querySelectorAll('.change').length")
    page.js("document.getElementById('unfold').click()")
    assert page.js(count) == total
    page.js("document.getElementById('fold').click()")
    assert page.js(count) == 0
    # A link opens what it leads to, even what the filter hides.
    set_field(page, "words", "no such change anywhere")
    page.js("location.hash = '#c1'")
    set_field(page, "kind", "")
    assert page.js("var d = document.getElementById('c1'); return d.open && d.checkVisibility()")


def check_keyboard(page):
    """All that can be done is reached with the Tab key, from the skip link on."""
    page.browser.get(page.url)
    page.js("document.getElementById('fold').click()")
    seen = []
    for _ in range(60):
        ActionChains(page.browser).send_keys(Keys.TAB).perform()
        seen.append(page.js("var n = document.activeElement;"
                            "return n.id || n.className.baseVal || n.className || n.tagName"))
    assert "skip" in seen and "words" in seen and "unfold" in seen and "SUMMARY" in seen, seen
    ActionChains(page.browser).send_keys(Keys.ENTER).perform()


def check_titles(page):
    levels = [int(tag[1]) for tag in page.js(
        "return Array.from(document.querySelectorAll('h1,h2,h3')).map(function (h) {"
        " return h.tagName; })")]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b <= a + 1 for a, b in zip(levels, levels[1:])), levels
    nameless = page.js(
        "return Array.from(document.querySelectorAll('input, select')).filter(function (f) {"
        " return f.labels.length === 0; }).length")
    assert nameless == 0


def check_bare(page):
    """Without scripts: no filter that would do nothing, and every change is there."""
    page.browser.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})
    assert page.js("return document.getElementById('filter').hidden")
    assert len(shown(page)) == page.js("return document.querySelectorAll('.change').length") > 3


def check_large(browser, path):
    """Thousands of changes open as well, and can be narrowed down."""
    page = Page(browser, path, "phone")
    width = page.js("return document.documentElement.scrollWidth")
    assert width <= SIZES["phone"][0], width
    assert page.js("return document.querySelectorAll('.change').length") > 4000
    set_field(page, "only-harm", True)
    set_field(page, "words", "host/haaa")
    some = shown(page)
    assert some and all(c[0] == "host" and c[2] for c in some), some
    page.check_quiet()


def check_look(browser, path, picture):
    page = Page(browser, path)
    for size in SIZES:
        for scheme in ("light", "dark"):
            if os.path.basename(picture) in PICTURES:
                page.picture("%s-%s-%s.png" % (picture, size, scheme), size, scheme)
    page.js("document.querySelectorAll('details').forEach(function (d) { d.open = true; })")
    for size in SIZES:
        page.look(size)
        page.check_width()
        if size == "desk":  # the picture too, however many waves there are
            assert page.js("return Array.from(document.querySelectorAll('.scroll')).every("
                           "function (box) { return box.scrollWidth <= box.clientWidth; })"), path
        assert page.js("return Array.from(document.querySelectorAll('.diff > *')).every("
                       "function (line) { return line.offsetLeft <= line.parentElement.offsetLeft"
                       " + 2; })"), "a line of a script does not begin at its left"
    for scheme in ("light", "dark"):
        page.look("desk", scheme)
        page.check_contrast()
    page.check_quiet()


def find(pages, *words):
    """The first page whose text has all the words."""
    for path in pages:
        with open(path, encoding="utf-8") as file:
            text = file.read()
        if all(word in text for word in words):
            return path
    raise AssertionError("no page has " + repr(words))


PLAN_FILTER = (("kind", "host", 0, "host"), ("action", "create", 1, "create"),
               ("only-harm", True, 2, True), ("only-drift", True, 3, True))
DRIFT_FILTER = (("kind", "host", 0, "host"), ("action", "gone", 1, "gone"),
                ("action", "drifted", 1, "drifted"), ("only-news", True, 5, True),
                ("only-counts", True, 6, True))


def write_pages(program, work):
    os.makedirs(work)
    subprocess.run([program], env=dict(os.environ, GRIDFORM_PAGES=work), check=True,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pages = sorted(glob.glob(work + "/*.html"))
    subprocess.run(["xmllint", "--noout", "--nonet", "--huge"] + pages, check=True)
    return pages


def main():
    program, drift_program, directory = sys.argv[1:4]
    shutil.rmtree(directory, ignore_errors=True)
    os.makedirs(directory)
    with tempfile.TemporaryDirectory() as work:
        pages = write_pages(program, work + "/plans")
        assert len(pages) > 100, len(pages)
        drifts = write_pages(drift_program, work + "/drifts")
        assert len(drifts) > 30, len(drifts)
        sizes = {path: os.path.getsize(path) for path in pages}
        hostile = find(pages, "&lt;script&gt;alert(1)&lt;/script&gt;", "canary")
        long_word = find(pages, "w" * 60000)
        sample = {
            "fresh": pages[0],
            "nothing": find(pages, "Nothing to do"),
            "refused": find(pages, "Refused"),
            "drift": find(pages, "reason drift"),
            "script": find(pages, "<pre class=\"diff\"", "guest/"),
            "mixed": next(p for p in pages if 100000 < sizes[p] < 300000),
            "hostile": hostile, "long": long_word,
            "drift-all": drifts[0],
            "drift-none": find(drifts, "No drift"),
            "drift-hostile": find(drifts, "&lt;/script&gt;&lt;script&gt;alert(1)"),
            "drift-long": find(drifts, "w" * 60000),
        }
        large = max(pages, key=lambda p: sizes[p])
        browser = start()
        try:
            for name, path in sample.items():
                check_look(browser, path, directory + "/" + name)
            page = Page(browser, sample["mixed"])
            check_titles(page)
            check_filter(page, PLAN_FILTER, "change", "changes")
            check_fold(page)
            page.check_quiet()
            page = Page(browser, sample["drift-all"])
            check_titles(page)
            check_filter(page, DRIFT_FILTER, "difference", "differences")
            check_fold(page)
            page.check_quiet()
            check_bare(Page(browser, sample["drift-all"], "phone", scripts=False))
            check_keyboard(Page(browser, sample["fresh"]))
            check_large(browser, large)
            check_bare(Page(browser, sample["fresh"], "phone", scripts=False))
        finally:
            browser.quit()
    print("%d pages well-formed, %d looked at in a browser"
          % (len(pages) + len(drifts), len(sample)))


main()
