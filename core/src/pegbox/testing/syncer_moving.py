"""Cases about what a syncer moves, lists and removes when all goes well."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Final

import pytest

from pegbox.testing.syncer_cases import SyncerCases
from pegbox.testing.syncer_rig import contents, empty_folders, folders_below, temporary_files_in

__all__ = ["MovingCases"]

#: A few files, none empty, whose contents tell them apart.
_FILES: Final = {"a.txt": b"one", "deep/er/b.bin": b"second" * 100, "deep/c.tmp": b"the third"}

#: What checkpoints may hold.
_EVERYTHING: Final = {
    **_FILES,
    "empty": b"",
    ".hidden": b".",
    "with space/and more.txt": b"space",
    "ünïcode/模型 #1 %20.bin": b"names",
    "large.bin": random.Random(1).randbytes(1_000_000),
    "line ends.txt": b"a\r\nb\n",
    **{f"many/{number:03d}/part": str(number).encode() for number in range(60)},
}


class MovingCases(SyncerCases):
    """See the module."""

    def test_moves_a_folder_up_and_down(self, tmp_path: Path) -> None:
        """Every file comes back under its name, with its content."""
        rig = self.rig(tmp_path)
        rig.push(rig.given(_EVERYTHING))
        found = rig.pulled()
        wrong = [name for name, content in _EVERYTHING.items() if found.get(name) != content]
        assert not wrong, f"{len(wrong)} of {len(_EVERYTHING)} did not come back: {wrong[:3]}"

    def test_answers_the_bytes_moved(self, tmp_path: Path) -> None:
        """The sum of the sizes, either way."""
        rig = self.rig(tmp_path)
        size = sum(len(content) for content in _FILES.values())
        up, down = rig.push(rig.given(_FILES)), rig.pull(str(rig.local / "to"))
        assert (up, down) == (size, size), (
            f"of files with {size} bytes it said {up} going up, and {down} coming down"
        )

    @pytest.mark.parametrize("way", ["up", "down"])
    @pytest.mark.parametrize(
        ("patterns", "left_out"),
        [
            (["*.tmp"], ["deep/c.tmp"]),
            (["deep"], ["deep/er/b.bin", "deep/c.tmp"]),
            (["deep/er/*", "a.*"], ["deep/er/b.bin", "a.txt"]),
            (["eep", "*/a.txt", "A.TXT"], []),
        ],
    )
    def test_leaves_out_what_is_excluded(
        self, tmp_path: Path, way: str, patterns: list[str], left_out: list[str]
    ) -> None:
        """Patterns as `pegbox.syncer.is_excluded` has them."""
        rig = self.rig(tmp_path)
        rig.push(rig.given(_FILES), exclude=patterns if way == "up" else ())
        found = rig.pulled(exclude=patterns if way == "down" else ())
        wanted = [content for name, content in _FILES.items() if name not in left_out]
        assert sorted(found.values()) == sorted(wanted), f"{patterns} left {sorted(found)}"

    def test_replaces_what_changed(self, tmp_path: Path) -> None:
        """Also what has the size that it had, either way."""
        rig = self.rig(tmp_path)
        target = rig.local / "to"
        for content in (b"first", b"again", b"much longer than before", b"short"):
            rig.push(rig.given({"file": content}))
            rig.pull(str(target))
            (found,) = rig.pulled().values()
            assert found == content, f"{content!r} went up, and {found!r} is there"
            (kept,) = contents(target).values()
            assert kept == content, f"{content!r} came down, and {kept!r} stayed"

    def test_keeps_what_is_only_there(self, tmp_path: Path) -> None:
        """A transfer adds and replaces; it never removes."""
        rig = self.rig(tmp_path)
        rig.push(rig.given({"old": b"1"}, "first"))
        rig.push(rig.given({"new": b"2"}, "second"))
        target = rig.given({"own": b"3"}, "to")
        rig.pull(target)
        wanted, found = {"old": b"1", "new": b"2", "own": b"3"}, contents(Path(target))
        assert found == wanted, f"of {sorted(wanted)} there are {sorted(found)}"

    def test_moves_links_as_what_they_point_to(self, tmp_path: Path) -> None:
        """Links to files and to folders; one that leads back to its own folder ends in an error."""
        rig = self.rig(tmp_path)
        outside = Path(rig.given({"model/weights": b"w"}, "elsewhere"))
        folder = Path(rig.given({"step": b"1"}))
        (folder / "latest").symlink_to(outside / "model")
        (folder / "same").symlink_to("step")
        rig.push(str(folder))
        shutil.rmtree(outside)
        found = rig.pulled()
        assert sorted(found.values()) == [b"1", b"1", b"w"], f"what came along: {sorted(found)}"
        ring = Path(rig.given({"step": b"1"}, "ring"))
        (ring / "round").symlink_to(".")
        with pytest.raises(Exception):  # noqa: B017, PT011 - whichever the syncer has
            rig.push(str(ring), f"{rig.remote}2")

    def test_lists_relative_paths(self, tmp_path: Path) -> None:
        """Of files alone, with ``/``; none where there is nothing."""
        rig = self.rig(tmp_path)
        assert rig.listed() == []
        rig.push(rig.given(_FILES))
        # Whether names are kept on either way is another case.
        assert rig.listed() in (sorted(_FILES), sorted(rig.pulled()))

    def test_deletes_one_folder_and_counts(self, tmp_path: Path) -> None:
        """The folder alone, and not those whose names begin alike; 0 where there is nothing."""
        rig = self.rig(tmp_path)
        beside = [f"{rig.remote}2", f"{rig.remote}.old", f"{rig.above}/ex"]
        for remote in beside:
            rig.push(rig.given(_FILES), remote)
        rig.push(rig.given({"own": b"own"}))
        rig.push(rig.given({"1": b"1", "2": b"2"}, "below"), f"{rig.remote}/below")
        assert rig.delete(f"{rig.remote}/below") == 2
        assert rig.delete(f"{rig.remote}/below") == 0
        assert list(rig.pulled().values()) == [b"own"]
        rig.push(rig.given({"1": b"1", "2": b"2"}, "below"), f"{rig.remote}/below")
        assert rig.delete() == 3
        assert rig.delete() == 0
        left = [len(rig.pulled(remote)) for remote in beside]
        assert left == [3, 3, 3], f"deleting {rig.remote} left {left} of the files beside it"

    def test_minds_no_trailing_slash(self, tmp_path: Path) -> None:
        """A folder is the same with a slash at its end."""
        rig = self.rig(tmp_path)
        slashed = f"{rig.remote}2/"
        rig.push(rig.given(_FILES))
        rig.push(f"{rig.given(_FILES)}/", slashed)
        assert rig.pulled(f"{rig.remote}2") == rig.pulled(slashed) == rig.pulled()
        assert len(rig.listed(slashed)) == len(rig.listed())
        assert rig.delete(slashed) == rig.delete()

    def test_leaves_everything_else_alone(self, tmp_path: Path) -> None:
        """What goes up stays as it was; nothing else comes to be, here or there."""
        rig = self.rig(tmp_path)
        rig.given({"other": b"other"}, "beside")
        folder = Path(rig.given(_FILES))
        with temporary_files_in(tmp_path / "temporary"):
            rig.push(str(folder))
            assert contents(folder) == _FILES, "going up, it changed the local folder"
            everything = sorted(rig.pulled(rig.above).values())
            assert everything == sorted(_FILES.values()), "there is more than went up"
            assert sorted(rig.pulled().values()) == everything, "more came down than went up"
        assert contents(rig.local / "beside") == {"other": b"other"}
        names = sorted(path.name for path in rig.local.iterdir())
        assert names == ["beside", "from", "pulled 1", "pulled 2"]
        assert not list((tmp_path / "temporary").iterdir()), "it leaves temporary files behind"

    def test_leaves_no_empty_folders(self, tmp_path: Path) -> None:
        """A folder that it worked in is gone afterwards: here, and there as far as it is seen.

        What is seen of the other end is what lies in the folder of the test.
        """
        rig = self.rig(tmp_path)
        for content in (b"first", b"second"):
            given = rig.given({**_FILES, "a.txt": content})
            there = folders_below(tmp_path)
            rig.push(given)
            left = empty_folders(tmp_path, there)
            assert not left, f"going up, it leaves empty folders behind: {left}"
            rig.pull(str(rig.local / "to"))
            left = empty_folders(tmp_path, there)
            assert not left, f"coming down, it leaves empty folders behind: {left}"

    def test_keeps_nothing_in_mind(self, tmp_path: Path) -> None:
        """What is there counts, and not what this object has moved there."""
        rig = self.rig(tmp_path)
        other = rig.another()
        rig.push(rig.given({"file": b"first"}))
        other.delete()
        rig.push(rig.given({"file": b"first"}))
        assert list(rig.pulled().values()) == [b"first"], "what another removed did not go up again"
        other.push(rig.given({"more": b"second"}, "more"))
        found = sorted(rig.pulled().values())
        assert found == [b"first", b"second"], "what another moved there was not seen"
