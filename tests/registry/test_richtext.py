import pytest

import richtext


@pytest.mark.parametrize("markdown, html", [
    ("", ""),
    ("One. Another\\_one / 'a' \\> b", "One.\nAnother_one &#x2F; &#x27;a&#x27; &gt; b"),
    ("a\n\nb", "<p>a</p><p>b</p>"),
    ("a:\n\n* b\n* c\n\nd", "<p>a:</p><ul><li>b</li><li>c</li></ul><p>d</p>"),
    ("* a\n\n  1. b\n  2. c\n* d", "<ul><li><p>a</p><ol><li>b</li><li>c</li></ol></li><li>d</li></ul>"),
    ("3. a\n\n   b\n\n   or\n   * c", '<ol start="3"><li><p>a</p><p>b</p>or<ul><li>c</li></ul></li></ol>'),
    ("1. a\n\n<!-- -->\n\n1. b", "<ol><li>a</li></ol><ol><li>b</li></ol>"),
])
def test_markdown_becomes_the_archives_html(markdown, html):
    assert richtext.to_html(markdown) == html
