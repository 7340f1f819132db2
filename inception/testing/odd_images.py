"""Broken and odd image files, as they occur in real folders.

  HOSTILE       {name: bytes} of files that are no usable images
  REASONS       {name: part of the error message for this file}
  ODD           {name: bytes} of files that look broken but are usable
  png, png_chunk, tiff, riff, lossless_jpeg   make files by hand

The names are valid on every file system; only the bytes are odd.
"""

import functools
import io
import itertools
import struct
import zlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from PIL import Image

# An Adobe segment with an undefined colour transformation.
_ADOBE_7 = b'\xff\xee\0\x0eAdobe' + bytes((0, 100, 0, 0, 0, 0, 7))
_SIDE = 60_000  # Side of decompression bombs: 10 GB of RGB.
_PNG = b'\x89PNG\r\n\x1a\n'


@functools.cache
def _picture(file_format: str, mode: str = 'RGB', **options: Any) -> bytes:
  """Returns a smooth picture of 32 x 24 pixels as a file."""
  corners = np.array(
    [[[210, 40, 40], [60, 200, 30]], [[20, 30, 220], [240, 230, 60]]], np.uint8
  )
  image = Image.fromarray(corners).resize((32, 24), Image.Resampling.BILINEAR)
  buffer = io.BytesIO()
  image.convert(mode).save(buffer, file_format, **options)
  return buffer.getvalue()


def png_chunk(kind: bytes, data: bytes, checksum: int | None = None) -> bytes:
  """Returns one chunk of a PNG file, with a correct or a given checksum."""
  if checksum is None:
    checksum = zlib.crc32(kind + data)
  return (
    struct.pack('>I', len(data)) + kind + data + struct.pack('>I', checksum)
  )


def png(
  width: int,
  height: int,
  *chunks: bytes,
  bits: int = 8,
  colour: int = 2,
  interlaced: int = 0,
) -> bytes:
  """Returns a PNG file with these chunks between its header and end."""
  header = struct.pack(
    '>IIBBBBB', width, height, bits, colour, 0, 0, interlaced
  )
  return b''.join((
    _PNG,
    png_chunk(b'IHDR', header),
    *chunks,
    png_chunk(b'IEND', b''),
  ))


def tiff(
  tags: dict[int, tuple[int, int]], pixels: bytes = b'', *, next_page: int = 0
) -> bytes:
  """Returns a little-endian TIFF file of one page; its pixels begin at byte 8.

  Args:
    tags: {tag: (type, value)} of single values; types 3 short, 4 long.
    pixels: bytes that follow the header.
    next_page: declared position of the next page's directory.
  """
  entries = b''.join(
    struct.pack('<HHII', tag, kind, 1, value)
    for tag, (kind, value) in sorted(tags.items())
  )
  return (
    b'II*\0'
    + struct.pack('<I', 8 + len(pixels))
    + pixels
    + struct.pack('<H', len(tags))
    + entries
    + struct.pack('<I', next_page)
  )


def _grey_tiff(
  width: int, height: int, pixels: bytes, *, next_page: int = 0, **changes: int
) -> bytes:
  values = {
    'width': (256, 4, width),
    'height': (257, 4, height),
    'bits': (258, 3, 8),
    'coding': (259, 3, 1),
    'black': (262, 3, 1),
    'offset': (273, 4, 8),
    'samples': (277, 3, 1),
    'rows': (278, 4, height),
    'bytes': (279, 4, width * height),
  }
  values.update({
    name: (*values.get(name, (254, 4))[:2], value)
    for name, value in changes.items()
  })
  return tiff(
    {tag: (kind, value) for tag, kind, value in values.values()},
    pixels,
    next_page=next_page,
  )


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
  """Returns a WebP file of (kind, content) chunks."""
  body = b'WEBP' + b''.join(
    kind + struct.pack('<I', len(data)) + data + bytes(len(data) % 2)
    for kind, data in chunks
  )
  return b'RIFF' + struct.pack('<I', len(body)) + body


def _extended_webp(width: int, height: int) -> bytes:
  small = _picture('WEBP')
  size = (width - 1).to_bytes(3, 'little') + (height - 1).to_bytes(3, 'little')
  return riff((b'VP8X', bytes(4) + size), (b'VP8 ', small[20:]))


def lossless_jpeg(width: int = 16, height: int = 16) -> bytes:
  """Returns a mid-grey picture in lossless JPEG (T.81, annex H)."""
  components = b''.join(bytes((i, 0x11, 0)) for i in (1, 2, 3))
  frame = struct.pack('>BHHB', 8, height, width, 3) + components
  # The only code is a bit of 0, for a difference of 0 to the left neighbour.
  table = bytes((0, 1)) + bytes(15) + bytes(1)
  scan = bytes((3, 1, 0, 2, 0, 3, 0, 1, 0, 0))
  segments = ((0xC3, frame), (0xC4, table), (0xDA, scan))
  return (
    b'\xff\xd8'
    + b''.join(
      struct.pack('>BBH', 0xFF, marker, len(body) + 2) + body
      for marker, body in segments
    )
    + bytes(width * height * 3 // 8 + 1)
    + b'\xff\xd9'
  )


def _changed(data: bytes, position: int, new: bytes) -> bytes:
  return data[:position] + new + data[position + len(new) :]


def _hostile_jpegs() -> Iterator[tuple[str, bytes, str]]:
  jpeg = _picture('JPEG')
  progressive = _picture('JPEG', progressive=True)
  noise = np.random.default_rng(7).integers(0, 256, 999, np.uint8).tobytes()
  frame, scan = jpeg.index(b'\xff\xc0'), jpeg.index(b'\xff\xda')
  codes = jpeg.index(b'\xff\xc4')
  header, cut = 'JPEG: its header', 'truncated JPEG'
  broken = 'damaged JPEG'
  end, missing = b'\xff\xd9', 'part of its picture is missing'
  yield 'signature.jpg', jpeg[:3], header
  yield 'header.jpg', jpeg[:20], header
  yield 'to the frame.jpg', jpeg[:frame], header
  yield 'to the scan.jpg', jpeg[: scan + 14], cut
  yield 'half.jpg', jpeg[: (scan + len(jpeg)) // 2], cut
  yield 'all but 20 bytes.jpg', jpeg[:-20], cut
  yield 'end marker at half.jpg', jpeg[: (scan + len(jpeg)) // 2] + end, missing
  yield 'overwritten.jpg', _changed(jpeg, scan + 40, bytes(60)), broken
  yield 'part twice.jpg', jpeg[: scan + 90] + jpeg[scan + 40 :], broken
  yield 'without the last byte.jpg', jpeg[:-3] + end, missing
  yield (
    'end marker at half progressive.jpg',
    progressive[: len(progressive) // 2] + end,
    broken,
  )
  yield (
    'end marker between scans.jpg',
    progressive[: progressive.rindex(b'\xff\xda')] + end,
    'scans with part of its picture are missing',
  )
  yield 'half progressive.jpg', progressive[: len(progressive) // 2], cut
  yield 'noise after header.jpg', jpeg[:20] + noise, header
  yield 'no frame.jpg', jpeg[:frame] + jpeg[scan:], header
  yield (
    'bomb.jpg',
    _changed(jpeg, frame + 5, struct.pack('>HH', _SIDE, _SIDE)),
    'declares more than',
  )
  yield 'nothing wide.jpg', _changed(jpeg, frame + 7, bytes(2)), 'JPEG'
  yield '12 bits.jpg', _changed(jpeg, frame + 4, b'\x0c'), '12 bits per channel'
  yield 'impossible codes.jpg', _changed(jpeg, codes + 5, b'\xff' * 16), broken
  yield 'no quantization.jpg', jpeg.replace(b'\xff\xdb', b'\xff\xfe'), broken
  yield 'two components.jpg', _changed(jpeg, frame + 9, b'\x02'), header
  yield 'hierarchical.jpg', _changed(jpeg, frame + 1, b'\xc5'), broken


def _hostile_pngs() -> Iterator[tuple[str, bytes, str]]:
  png_file = _picture('PNG')
  row = zlib.compress(bytes(3001))
  rows = zlib.compress(bytes(13 * 4))
  cut, header = 'truncated PNG', 'PNG: its header'
  pixels = png_chunk(b'IDAT', rows)
  text = b'k\0\0' + zlib.compress(bytes(2**26 + 1))
  part = png_chunk(b'zTXt', b'k\0\0' + zlib.compress(bytes(2**26)))
  data = png_file.index(b'IDAT') + 4
  yield 'signature.png', png_file[:8], header
  yield 'header.png', png_file[:30], header
  yield 'half.png', png_file[: len(png_file) // 2], cut
  yield 'no end chunk.png', png_file[:-12], cut
  yield 'no data.png', png_file[:33] + png_file[-12:], 'PNG'
  yield 'no chunks.png', _PNG + png_chunk(b'IEND', b''), header
  yield 'wrong header checksum.png', _changed(png_file, 29, bytes(4)), header
  yield (
    'wrong checksum.png',
    _changed(png_file, data + 20, bytes([png_file[data + 20] ^ 255])),
    'checksum of IDAT',
  )
  yield 'bomb.png', png(_SIDE, _SIDE, png_chunk(b'IDAT', row)), 'declares more'
  yield 'thin.png', png(70_000, 1, png_chunk(b'IDAT', row)), 'a side has more'
  yield 'nothing wide.png', png(0, 10, pixels), 'PNG'
  yield (
    'unknown row filter.png',
    png(4, 4, png_chunk(b'IDAT', zlib.compress(b'\x09' * 52))),
    'damaged PNG',
  )
  yield 'no zlib.png', png(4, 4, png_chunk(b'IDAT', b'x' * 40)), 'damaged PNG'
  yield '3 bits.png', png(4, 4, pixels, bits=3), header
  bomb = 'metadata of the PNG: a chunk unpacks to more than 64 MiB'
  yield 'text bomb.png', png(4, 4, png_chunk(b'zTXt', text), pixels), bomb
  yield (
    'text bomb at the end.png',
    png(4, 4, pixels, png_chunk(b'zTXt', text)),
    bomb,
  )
  yield 'profile bomb.png', png(4, 4, png_chunk(b'iCCP', text), pixels), bomb
  yield (
    'text bomb in parts.png',
    png(4, 4, part, part, part, pixels),
    'metadata of the PNG: its text takes more than 128 MiB',
  )


def _hostile_others() -> Iterator[tuple[str, bytes, str]]:
  gif, bmp, webp = _picture('GIF'), _picture('BMP'), _picture('WEBP')
  lossless, tif = _picture('WEBP', lossless=True), _picture('TIFF')
  lzw = _picture('TIFF', compression='tiff_lzw')
  bomb = 'declares more than'
  huge = struct.pack('<HH', _SIDE, _SIDE)
  frame = b',' + bytes(4) + huge + b'\0\x02\x02\x44\x01\0;'
  yield 'header.gif', b'GIF89a', 'GIF: its header'
  yield 'half.gif', gif[: len(gif) * 3 // 4], 'truncated GIF'
  yield 'no frames.gif', _changed(gif[:13], 10, b'\0') + b';', 'GIF'
  yield 'bomb.gif', _changed(gif, 6, huge), bomb
  yield 'bomb in a frame.gif', _changed(gif[:13], 10, b'\0') + frame, bomb
  yield 'header.bmp', bmp[:20], 'BMP: its header'
  yield 'half.bmp', bmp[:1000], 'truncated BMP'
  yield 'bomb.bmp', _changed(bmp, 18, struct.pack('<II', _SIDE, _SIDE)), bomb
  yield 'nothing wide.bmp', _changed(bmp, 18, bytes(4)), 'BMP'
  yield '7 bits.bmp', _changed(bmp, 28, b'\7'), 'BMP: its header'
  yield 'header.webp', webp[:16], 'truncated WEBP'
  yield 'half.webp', webp[: len(webp) // 2], 'truncated WEBP'
  yield 'half lossless.webp', lossless[: len(lossless) // 2], ('truncated WEBP')
  yield 'no frames.webp', riff((b'VP8X', bytes(10))), 'WEBP'
  yield 'bomb.webp', _extended_webp(_SIDE, _SIDE), bomb
  yield 'header.tif', b'II*\x00' + bytes(20), 'TIFF: its header'
  yield 'half.tif', tif[:1000], 'TIFF'
  yield 'half lzw.tif', lzw[: len(lzw) // 2], 'TIFF'
  yield 'directory outside.tif', b'MM\0*\xff\xff\xff\0', 'TIFF: its header'
  yield 'bomb.tif', _grey_tiff(_SIDE, _SIDE, bytes(99)), bomb
  yield 'pixels outside.tif', _grey_tiff(8, 8, bytes(64), offset=9999), 'TIFF'
  yield ('lab.tif', _picture('TIFF', 'LAB'), 'kind LAB')
  yield 'unknown coding.tif', _grey_tiff(8, 8, bytes(64), coding=9999), 'TIFF'
  yield 'preview.tif', _grey_tiff(8, 8, bytes(64), preview=1), 'a preview'


def _no_images() -> Iterator[tuple[str, bytes, str]]:
  def video(brand: bytes, size: int = 24) -> bytes:
    return struct.pack('>I', size) + b'ftyp' + brand + bytes(4) + brand * 2

  noise = np.random.default_rng(7).integers(0, 256, 999, np.uint8).tobytes()
  yield 'zero bytes.jpg', b'', 'the file is empty'
  yield 'one byte.jpg', b'\xff', 'not an image'
  yield 'start marker.jpg', b'\xff\xd8', 'not an image'
  yield 'zeros.jpg', bytes(5000), 'nothing but zeros'
  yield 'noise.jpg', noise, 'not an image'
  yield 'text.jpg', b'This is no picture.\n', 'not an image'
  yield (
    'page.jpg',
    (b'\n<!DOCTYPE html><html><body>404</body></html>'),
    'a web page',
  )
  yield 'program.jpg', b'MZ' + bytes(98), 'a program'
  yield 'archive.jpg', b'PK\x03\x04' + bytes(98), 'a ZIP archive'
  yield 'archive.png', b'\x1f\x8b\x08' + bytes(98), 'an archive'
  yield 'drawing.svg', b'<svg xmlns="http://www.w3.org/2000/svg"/>', 'SVG'
  yield (
    'drawing.png',
    (
      b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg '
      b'xmlns="http://www.w3.org/2000/svg"/>'
    ),
    'SVG',
  )
  yield 'document.pdf', b'%PDF-1.7\n', 'a PDF document'
  yield 'video', video(b'mp42'), 'a video'
  yield 'phone.heic', video(b'heic') + bytes(90), 'truncated HEIF'
  yield 'renamed.jpg', video(b'mif1') + bytes(90), 'truncated HEIF'
  yield 'new.avif', video(b'avif') + bytes(90), 'truncated AVIF'
  yield 'icon.ico', _picture('ICO'), 'icon'
  yield 'waves.jp2', b'\0\0\0\x0cjP  \r\n\x87\n' + bytes(90), 'JPEG 2000'
  yield 'layers.psd', b'8BPS\0\1' + bytes(90), 'Photoshop'
  yield (
    'pointer.jpg',
    (b'version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n'),
    'git lfs pull',
  )
  yield '._notes.jpg', b'\0\x05\x16\x07\0\x02\0\0Mac OS X' + bytes(80), 'macOS'


def _odd() -> Iterator[tuple[str, bytes]]:
  jpeg, png_file, gif = _picture('JPEG'), _picture('PNG'), _picture('GIF')
  rows = zlib.compress(bytes(4 * 13))
  exif = b'Exif\0\0XXXXXXXX' + bytes(20)
  segment = b'\xff\xe1' + struct.pack('>H', len(exif) + 2) + exif
  yield 'garbage exif.jpg', jpeg[:2] + segment + jpeg[2:]
  yield 'no jfif.jpg', jpeg[:2] + jpeg[20:]
  yield 'trailing zeros.jpg', jpeg + bytes(999)
  yield 'two in one.jpg', jpeg + jpeg
  yield 'fill bytes.jpg', jpeg[:20] + b'\xff' * 5 + jpeg[20:]
  yield 'lossless.jpg', lossless_jpeg()
  yield 'no end marker.jpg', jpeg[:-2]
  yield 'half an end marker.jpg', jpeg[:-1]
  yield 'zeros before the end marker.jpg', jpeg[:-2] + bytes(40) + jpeg[-2:]
  yield 'junk between segments.jpg', jpeg[:20] + b'junk' + jpeg[20:]
  yield 'unknown jfif.jpg', jpeg.replace(b'JFIF\0\x01', b'JFIF\0\x09')
  yield 'unknown adobe.jpg', jpeg[:20] + _ADOBE_7 + jpeg[20:]
  yield 'broken profile.jpg', _picture('JPEG', icc_profile=b'x' * 200)
  yield (
    'broken profile.png',
    png(4, 4, png_chunk(b'iCCP', b'k\0\0xxxx'), png_chunk(b'IDAT', rows)),
  )
  many = zlib.compress(bytes(8 * 2**20))
  for kind, content in (
    (b'zTXt', b'k\0\0' + many),
    (b'iTXt', b'XML:com.adobe.xmp\0\1\0\0\0' + many),
    (b'tEXt', b'k\0' + b'x' * 3 * 2**20),
    (b'iCCP', b'k\0\0' + many),
    (b'eXIf', b'II*\0\x08\0\0\0' + bytes(3 * 2**20)),
  ):
    chunk = png_chunk(kind, content)
    yield f'large {kind.decode()}.png', png_file[:33] + chunk + png_file[33:]
    yield (
      f'large {kind.decode()} at the end.png',
      (png_file[:-12] + chunk + png_file[-12:]),
    )
  yield 'trailing text.png', png_file + b'And so on.'
  yield (
    'pixels in small chunks.png',
    png(4, 4, *(png_chunk(b'IDAT', rows[i : i + 1]) for i in range(len(rows)))),
  )
  # Missing rows are black.
  yield 'too few rows.png', png(4, 20, png_chunk(b'IDAT', rows))
  yield (
    'more pixels than said.png',
    png(4, 2, png_chunk(b'IDAT', zlib.compress(bytes(2**20)))),
  )
  yield 'strip of 4 GB.tif', _grey_tiff(8, 8, bytes(64), bytes=2**32 - 1)
  yield 'no trailer.gif', gif[:-1]
  yield 'endless pages.tif', _grey_tiff(8, 8, bytes(64), next_page=8 + 64)
  yield 'top down.bmp', _changed(_picture('BMP'), 22, struct.pack('<i', -24))


_TABLE = tuple(
  itertools.chain(
    _no_images(), _hostile_jpegs(), _hostile_pngs(), _hostile_others()
  )
)
HOSTILE = {name: data for name, data, _ in _TABLE}
REASONS = {name: reason for name, _, reason in _TABLE}
ODD = dict(_odd())
