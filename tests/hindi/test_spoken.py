"""How written sentences are said."""

import pytest

from bot.hindi.spoken import spoken


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("₹1,25,000 कल 5:30 PM तक", "एक लाख पच्चीस हज़ार रुपये कल शाम साढ़े पाँच बजे तक"),
        ("आपका ओटीपी 4521 है।", "आपका ओटीपी चार पाँच दो एक है।"),
        ("**जी**, 2-3 दिन 🙂", "जी, दो-तीन दिन"),
    ],
)
def test_figures_are_said_in_words(written, said):
    """Amounts, times and codes become the words that people say for them."""
    assert spoken(written) == said
    assert spoken(said) == said
