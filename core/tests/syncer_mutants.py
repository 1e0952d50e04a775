"""Small faults put into a syncer that passes: each with the one case that has to catch it."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from reference_syncer import Copies

#: Class -> case.
MUTANTS = {}


def caught_by(case):
    def note(cls):
        MUTANTS[cls] = case
        return cls

    return note


# ------------------------------------------------------------------ moving


@caught_by("moves_a_folder_up_and_down")
class ForgetsEmptyFiles(Copies):
    def named(self, folder, exclude):
        return [n for n in super().named(folder, exclude) if not self.is_empty(Path(folder, n))]

    def is_empty(self, path):
        return not path.is_symlink() and path.stat().st_size == 0


@caught_by("moves_a_folder_up_and_down")
class FlattensFolders(Copies):
    def copied_down(self, names, source, target):
        return sum(self.copy(Path(source, name), Path(target, Path(name).name)) for name in names)


@caught_by("moves_a_folder_up_and_down")
class TurnsLineEnds(Copies):
    def content(self, source):
        return super().content(source).replace(b"\r\n", b"\n")


@caught_by("moves_a_folder_up_and_down")
class LeavesHiddenFiles(Copies):
    def files(self, folder):
        return [name for name in super().files(folder) if not Path(name).name.startswith(".")]


@caught_by("answers_the_bytes_moved")
class AnswersTheNumberOfFiles(Copies):
    def copied_up(self, names, source, target):
        super().copied_up(names, source, target)
        return len(names)


@caught_by("leaves_out_what_is_excluded")
class IgnoresWhatIsExcludedOnTheWayDown(Copies):
    def sync_down(self, local_dir, remote_dir, exclude):
        return super().sync_down(local_dir, remote_dir, ())


@caught_by("leaves_out_what_is_excluded")
class ExcludesByTheNameAlone(Copies):
    def named(self, folder, exclude):
        return [n for n in super().named(folder, ()) if not any(map(Path(n).match, exclude))]


class Skipping(Copies):
    def skips(self, source, target):
        return False

    def copy(self, source, target):
        if target.exists() and self.skips(os.stat(source), os.stat(target)):
            return os.stat(source).st_size
        return super().copy(source, target)


@caught_by("replaces_what_changed")
class SkipsWhatHasTheSameSize(Skipping):
    def skips(self, source, target):
        return source.st_size == target.st_size


@caught_by("replaces_what_changed")
class NeverReplaces(Skipping):
    def skips(self, source, target):
        return True


@caught_by("keeps_what_is_only_there")
class MakesItTheSame(Copies):
    def copied_down(self, names, source, target):
        shutil.rmtree(target, ignore_errors=True)
        return super().copied_down(names, source, target)


@caught_by("moves_links_as_what_they_point_to")
class KeepsLinks(Copies):
    def copy(self, source, target):
        if source.is_symlink() and source.exists() and "proc" not in str(source.resolve()):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(os.readlink(source))
            return 0
        return super().copy(source, target)

    def files(self, folder):
        return [n for n in super().files(folder) if not Path(folder, n).parent.is_symlink()]


@caught_by("moves_links_as_what_they_point_to")
class SkipsLinksToFolders(Copies):
    def files(self, folder):
        linked = [path for path in Path(folder).rglob("*") if path.is_symlink() and path.is_dir()]
        names = (
            [] if any(path.resolve() in path.parents for path in linked) else super().files(folder)
        )
        return [
            n for n in names if not any(Path(folder, n).is_relative_to(path) for path in linked)
        ]


@caught_by("lists_relative_paths")
class ListsWithTheRootInFront(Copies):
    def list(self, remote_dir):
        return [str(Path(remote_dir, name)) for name in super().list(remote_dir)]


@caught_by("lists_relative_paths")
class ListsFoldersToo(Copies):
    def list(self, remote_dir):
        found = super().list(remote_dir)
        return sorted({*found, *(str(Path(name).parent) for name in found)})


@caught_by("lists_relative_paths")
class ListsOneFolderOnly(Copies):
    def list(self, remote_dir):
        return [name for name in super().list(remote_dir) if "/" not in name]


@caught_by("lists_relative_paths")
class ListsNothingThatIsMissing(Copies):
    def list(self, remote_dir):
        return sorted(os.listdir(remote_dir)) and super().list(remote_dir)


@caught_by("deletes_one_folder_and_counts")
class DeletesWhatBeginsAlike(Copies):
    def remove(self, folder):
        path = Path(folder.rstrip("/"))
        for other in [*path.parent.glob(f"{path.name}*")]:
            shutil.rmtree(other)


@caught_by("deletes_one_folder_and_counts")
class DeletesNothingThatIsMissing(Copies):
    def delete(self, remote_dir):
        if not os.path.isdir(remote_dir):
            raise FileNotFoundError(remote_dir)
        return super().delete(remote_dir)


@caught_by("deletes_one_folder_and_counts")
class LeavesFoldersBelow(Copies):
    def remove(self, folder):
        for name in os.listdir(folder):
            if os.path.isfile(Path(folder, name)):
                os.remove(Path(folder, name))


@caught_by("minds_no_trailing_slash")
class PutsTheFolderIntoTheFolder(Copies):
    def sync_up(self, local_dir, remote_dir, exclude):
        inner = Path(remote_dir, Path(local_dir).name) if remote_dir.endswith("/") else remote_dir
        return super().sync_up(local_dir, str(inner), exclude)


@caught_by("leaves_everything_else_alone")
class MovesInsteadOfCopying(Copies):
    def copied_up(self, names, source, target):
        moved = super().copied_up(names, source, target)
        for name in names:
            os.remove(Path(source, name))
        return moved


@caught_by("leaves_everything_else_alone")
class LeavesTemporaryFiles(Copies):
    def content(self, source):
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(super().content(source))
        return super().content(source)


@caught_by("leaves_everything_else_alone")
class LeavesAManifestBesideIt(Copies):
    def copied_up(self, names, source, target):
        Path(str(source).rstrip("/") + ".manifest").write_text("\n".join(names))
        return super().copied_up(names, source, target)


class Staging(Copies):
    """Works in a folder of its own, and leaves it there."""

    def copied_up(self, names, source, target):
        moved = super().copied_up(names, source, target)
        self.staging(Path(source), Path(target)).mkdir(exist_ok=True)
        return moved


@caught_by("leaves_no_empty_folders")
class LeavesAFolderAtTheDestination(Staging):
    def staging(self, source, target):
        return target / ".staging"


@caught_by("leaves_no_empty_folders")
class LeavesAFolderBesideTheDestination(Staging):
    def staging(self, source, target):
        return target.with_name(f"{target.name}.staging")


@caught_by("leaves_no_empty_folders")
class LeavesAFolderInTheSource(Staging):
    def staging(self, source, target):
        return source / ".staging"


@caught_by("leaves_no_empty_folders")
class LeavesAFolderWhereItComesDown(Copies):
    def copied_down(self, names, source, target):
        moved = super().copied_down(names, source, target)
        Path(target, ".staging").mkdir(exist_ok=True)
        return moved


@caught_by("keeps_nothing_in_mind")
class RemembersWhatItMoved(Copies):
    def __init__(self):
        self.moved = {}

    def copied_up(self, names, source, target):
        now = {Path(target, name): Path(source, name).read_bytes() for name in names}
        new = [
            name for name in names if self.moved.get(Path(target, name)) != now[Path(target, name)]
        ]
        super().copied_up(new, source, target)
        self.moved.update(now)
        return sum(map(len, now.values()))

    def delete(self, remote_dir):
        self.moved.clear()
        return super().delete(remote_dir)


# ------------------------------------------------------------------ failing


@caught_by("raises_where_a_file_cannot_be_read")
class SkipsWhatItCannotRead(Copies):
    def content(self, source):
        try:
            return super().content(source)
        except OSError:
            return b""


@caught_by("is_whole_or_raises")
class ReportsAPartialUploadAsWhole(Copies):
    def copied_up(self, names, source, target):
        try:
            return super().copied_up(names, source, target)
        except OSError as error:
            if error.filename or "Input" in str(error):
                raise
            return sum(os.stat(Path(source, name)).st_size for name in names)


@caught_by("is_whole_or_raises")
class GivesUpOnTheFirstFailureOnTheWayDown(Copies):
    def copied_down(self, names, source, target):
        try:
            return super().copied_down(names, source, target)
        except OSError:
            return sum(os.stat(Path(source, name)).st_size for name in names)


@caught_by("refuses_a_missing_source")
class TakesAMissingFolderForAnEmptyOne(Copies):
    def named(self, folder, exclude):
        return super().named(folder, exclude) if os.path.isdir(folder) else []
