"""The page of all settings."""

from scripts.config_page import PAGE, page


def test_the_configuration_page_is_current():
    """Every setting is documented: `python -m scripts.config_page` was run after the last change."""
    assert PAGE.read_text(encoding="utf-8") == page()
