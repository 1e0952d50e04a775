"""A small syncer that passes every case of the kit, on folders alone: what mutants are made of."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from pegbox.errors import StoreError
from pegbox.syncer import Syncer, is_excluded


class Copies(Syncer):
    def sync_up(self, local_dir, remote_dir, exclude):
        return self.copied_up(self.named(local_dir, exclude), local_dir, remote_dir)

    def sync_down(self, local_dir, remote_dir, exclude):
        return self.copied_down(self.named(remote_dir, exclude), remote_dir, local_dir)

    def list(self, remote_dir):
        return sorted(self.files(remote_dir)) if os.path.isdir(remote_dir) else []

    def delete(self, remote_dir):
        if not os.path.isdir(remote_dir):
            return 0
        removed = len(self.files(remote_dir))
        self.remove(remote_dir)
        return removed

    # ------------------------------------------------------------------ parts, to be mutated

    def copied_up(self, names, source, target):
        return self.copied(names, source, target)

    def copied_down(self, names, source, target):
        return self.copied(names, source, target)

    def copied(self, names, source, target):
        return sum(self.copy(Path(source, name), Path(target, name)) for name in names)

    def named(self, folder, exclude):
        if not os.path.isdir(folder):
            raise StoreError(f"there is no folder {folder}", path=folder)
        return [name for name in self.files(folder) if not is_excluded(name, exclude)]

    def files(self, folder):
        for here, folders, _ in os.walk(folder, followlinks=True):
            for name in folders:
                self.check(Path(here, name))
        return [
            Path(here, name).relative_to(folder).as_posix()
            for here, _, names in os.walk(folder, followlinks=True)
            for name in names
        ]

    def check(self, folder):
        if (
            folder.is_symlink()
            and folder.resolve() in folder.parent.resolve().joinpath("_").parents
        ):
            raise StoreError(f"{folder} leads back", path=str(folder))

    def copy(self, source, target):
        content = self.content(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        return len(content)

    def content(self, source):
        return source.read_bytes()

    def remove(self, folder):
        shutil.rmtree(folder)
