"""The page of all settings."""

from scripts.config_page import PAGE, page


def test_the_configuration_page_is_current():
    """Whoever changes a setting runs `python -m scripts.config_page`."""
    assert PAGE.read_text(encoding="utf-8") == page()
