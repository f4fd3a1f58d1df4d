"""The installer of Debian's packages, against a tiny mirror on loopback."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts import debian_tree, private_apt
from scripts.debian_tree import TreeError
from tests.scripts.mirror import Mirror

pytestmark = pytest.mark.skipif(
    shutil.which("apt-get") is None, reason="the tree is built with apt-get (Debian, Ubuntu)"
)

LIBRARIES = "usr/lib/test-linux-gnu"
# The "loader" is a script: it drops "--library-path X" and runs the rest.
LOADER = '#!/bin/sh\nshift 2\nexec "$@"\n'
ESPEAK = '#!/bin/sh\necho "espeak with $ESPEAK_DATA_PATH"\n'


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """espeak-ng, which needs libc6 and (needlessly) perl-base."""
    (tmp_path / "mirror").mkdir()
    with Mirror(tmp_path / "mirror") as one:
        one.add("libc6", {f"{LIBRARIES}/ld-linux-test.so.2": LOADER})
        one.add("perl-base", {"usr/bin/perl": "x"})
        data = {f"{LIBRARIES}/espeak-ng-data/hi_dict": "hi", "usr/share/doc/espeak-ng/README": "x"}
        one.add("espeak-ng", {"usr/bin/espeak-ng": ESPEAK, **data}, "libc6, perl-base")
        one.publish()
        monkeypatch.setenv("VOICEBOT_DEBIAN_MIRROR", one.url)
        monkeypatch.setenv("VOICEBOT_DEBIAN_KEYRING", "none")
        yield one


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """An empty cache."""
    return tmp_path / "cache"


def ensure(cache: Path) -> tuple[debian_tree.Tree, list[str]]:
    """Build or find the tree; what was said meanwhile."""
    said: list[str] = []
    return debian_tree.ensure(("espeak-ng",), cache, said.append), said


def test_a_package_is_fetched_with_what_it_needs_and_no_more(mirror: Mirror, cache: Path) -> None:
    """Dependencies come along; needless ones and manuals stay away."""
    tree, said = ensure(cache)
    assert (tree.root / LIBRARIES / "ld-linux-test.so.2").exists()
    assert not (tree.root / "usr/bin/perl").exists()
    assert not (tree.root / "usr/share/doc").exists()
    manifest = json.loads((tree.root / "manifest.json").read_text())
    assert manifest["packages"]["espeak-ng"]["version"] == "1:2.0-1"
    assert "Fetching 2 packages of Debian forky." in said


def test_a_wrapper_starts_the_program_with_its_data(mirror: Mirror, cache: Path) -> None:
    """`<cache>/bin/espeak-ng` runs through the tree's loader, wherever the tree lies."""
    tree, _ = ensure(cache)
    done = subprocess.run([cache / "bin/espeak-ng"], capture_output=True, text=True)
    assert done.stdout == f"espeak with {tree.root / LIBRARIES}\n"


def test_the_second_time_nothing_is_fetched(mirror: Mirror, cache: Path) -> None:
    """A whole tree is used as it is."""
    first, _ = ensure(cache)
    mirror.asked.clear()
    second, said = ensure(cache)
    assert (second, said, mirror.asked) == (first, [], [])


@pytest.mark.parametrize("harm", ["missing", "altered", "no manifest", "older layout"])
def test_a_damaged_tree_is_built_anew(harm: str, mirror: Mirror, cache: Path) -> None:
    """What is missing or altered is found, said and mended; the old tree goes."""
    tree, _ = ensure(cache)
    manifest = tree.root / "manifest.json"
    if harm == "missing":
        (tree.root / "usr/bin/espeak-ng").unlink()
    elif harm == "altered":
        (tree.root / "usr/bin/espeak-ng").write_text("#!/bin/sh\n")
    elif harm == "no manifest":
        manifest.unlink()
    else:
        manifest.write_text(manifest.read_text().replace('"layout": 1', '"layout": 0'))
    mended, said = ensure(cache)
    assert "is not usable" in said[0]
    assert mended.root != tree.root
    assert not tree.root.exists()
    assert debian_tree.damage(mended) is None


def test_bytes_changed_behind_our_back_are_found_by_a_thorough_check(
    mirror: Mirror, cache: Path
) -> None:
    """A bad disk keeps size and time; reading every byte finds it."""
    tree, _ = ensure(cache)
    program = tree.root / "usr/bin/espeak-ng"
    times = program.stat()
    program.write_text(ESPEAK.replace("with", "WITH"))
    os.utime(program, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert debian_tree.damage(tree) is None
    assert "other bytes" in (debian_tree.damage(tree, thorough=True) or "")


def test_a_package_with_other_bytes_is_refused(mirror: Mirror, cache: Path) -> None:
    """A file that does not match the list's sha256 never reaches the cache."""
    deb = next((mirror.folder / "pool").glob("espeak-ng*"))
    deb.write_bytes(deb.read_bytes()[:-1] + b"!")
    with pytest.raises(TreeError, match="Hash Sum mismatch"):
        ensure(cache)
    assert list((cache / "debian").iterdir()) == []
    assert not (cache / "bin").exists()


def test_a_list_with_other_bytes_is_refused(mirror: Mirror, cache: Path) -> None:
    """The list of packages must be the one that the release file names."""
    mirror.add("evil", {"usr/bin/espeak-ng": "evil"})
    release = mirror.folder / "dists/forky/Release"
    kept = release.read_text()
    mirror.publish()
    release.write_text(kept)
    with pytest.raises(TreeError, match="cannot be fetched"):
        ensure(cache)


def test_an_unsigned_mirror_is_refused_where_keys_are_known(
    mirror: Mirror, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a keyring at hand, a mirror without a signature is not trusted."""
    if not private_apt.KEYRING.is_file():
        pytest.skip("no debian-archive-keyring here")
    monkeypatch.setenv("VOICEBOT_DEBIAN_KEYRING", str(private_apt.KEYRING))
    with pytest.raises(TreeError, match="not signed"):
        ensure(cache)


def test_trust_without_a_signature_is_said(mirror: Mirror, cache: Path) -> None:
    """Whoever goes on without a signature is told so."""
    _, said = ensure(cache)
    assert any("signature cannot be checked" in line for line in said)


def test_no_network_is_said_with_what_to_do(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a traceback: the mirror, the reason, the three ways out."""
    monkeypatch.setenv("VOICEBOT_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
    monkeypatch.setenv("VOICEBOT_DEBIAN_KEYRING", "none")
    with pytest.raises(TreeError) as caught:
        ensure(cache)
    message = str(caught.value)
    assert "http://127.0.0.1:9/debian" in message
    assert "Connection refused" in message or "Could not connect" in message
    assert "https_proxy" in message
    assert "VOICEBOT_DEBIAN_MIRROR" in message


def test_a_machine_without_apt_is_told_so(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names what is missing and the way without it."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TreeError, match="needs apt-get and dpkg-deb"):
        ensure(cache)


def test_a_build_that_was_cut_off_is_swept_away(mirror: Mirror, cache: Path) -> None:
    """What a killed run left behind is neither used nor kept."""
    (cache / "debian/build-cut/tree/usr/bin").mkdir(parents=True)
    ensure(cache)
    assert [path.name.split("-")[0] for path in (cache / "debian").iterdir()] == ["tree"]
