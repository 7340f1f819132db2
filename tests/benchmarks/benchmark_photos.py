"""Loads photographs for benchmarks."""

import pathlib
import tarfile

from inception.testing import goldens
from inception.testing import records


def load(where: str, limit: int, *, quick: bool = False) -> list[bytes]:
  """Returns up to `limit` encoded images.

  Args:
    where: Folder or .tgz of JPEG files; '' means the shared photographs, or
      drawn pictures if there are none.
    limit: Maximum number of images.
    quick: Whether to return drawn pictures, at most 64.
  """
  path = pathlib.Path(where) if where else goldens.shared_photos()
  if path is None or quick:
    return [
      records.jpeg(records.picture(333, 500, seed=i))
      for i in range(min(limit, 64))
    ]
  if path.is_dir():
    return [p.read_bytes() for p in sorted(path.rglob('*.jpg'))[:limit]]
  photos = []
  with tarfile.open(path) as archive:
    for member in archive:
      if member.name.endswith('.jpg') and len(photos) < limit:
        photos.append(archive.extractfile(member).read())
  return photos
