"""XMP sidecars, with ratings, keywords and edits: carried from beside a source to beside its result."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

from rcl_cli.disk.write import write_bytes
from rcl_cli.errors import FileError
from rcl_cli.files import exists, is_file, real_path

log = logging.getLogger(__name__)

_LARGEST = 1 << 25
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_CRS, _PHOTOSHOP = "http://ns.adobe.com/camera-raw-settings/1.0/", "http://ns.adobe.com/photoshop/1.0/"
_TIFF, _EXIF = "http://ns.adobe.com/tiff/1.0/", "http://ns.adobe.com/exif/1.0/"
_MEDIA, _DARKTABLE = "http://ns.adobe.com/xap/1.0/mm/", "http://darktable.sf.net/"
_EDITS = (_CRS, _DARKTABLE, _TIFF, "http://ns.adobe.com/camera-raw-saved-settings/1.0/")
"""Of a raw: nothing for a picture that is developed and upright already."""
_SIZES = {
    *(f"{{{_TIFF}}}{name}" for name in ("ImageWidth", "ImageLength")),
    *(f"{{{_EXIF}}}{name}" for name in ("PixelXDimension", "PixelYDimension")),
}
_LEVELS = frozenset(["rawprepare"])
_DENOISING = frozenset(["denoiseprofile", "rawdenoise"])
"""darktable's operations: black and white level of the source's file; noise of the source."""


@dataclass(frozen=True)
class Fit:
    """What a sidecar has to fit."""

    name: str
    """The result's."""
    developed: bool
    """True for a picture made from a raw, which holds tone and colour for display."""
    denoised: bool


def carry_sidecars(source: Path, target: Path, *, developed: bool, denoised: bool, overwrite: bool = False) -> None:
    """Write beside `target` what lies beside `source`: `NAME.SUFFIX.xmp` (darktable) and `NAME.xmp` (Lightroom).

    `developed` and `denoised` as in `Fit`. One that exists is kept unless `overwrite`, and one of the source always.
    Raises nothing: what cannot be carried is a warning.
    """
    found = dict(_beside(source))
    own = {real_path(path) for path in found.values()}
    for form, path in found.items():
        name = f"{target.name}.xmp" if form == "full" else f"{target.stem}.xmp"
        place = target.with_name(name)
        if real_path(place) in own or (exists(place) and not overwrite):
            continue
        try:
            data = fitted(_read(path), Fit(target.name, developed, denoised))
            if data:
                write_bytes(place, data, overwrite=overwrite)
        except (FileError, OSError) as error:
            log.warning("%s could not be carried along: %s", path, error)


def fitted(data: bytes, fit: Fit) -> bytes:
    """A sidecar with the names, sizes and levels of another file taken out; as it is where it is no XMP.

    Of a picture that is `developed` the edits go too; empty where nothing can be told apart.
    """
    root = _parsed(data)
    if root is None:
        return b"" if fit.developed else data
    for description in root.iterfind(f".//{{{_RDF}}}RDF/{{{_RDF}}}Description"):
        for name in [name for name in description.attrib if _unfit(name, fit)]:
            del description.attrib[name]
        for child in [child for child in description if _unfit(child.tag, fit)]:
            description.remove(child)
        _rename(description, fit.name)
        _leave_out_operations(description, _LEVELS | (_DENOISING if fit.denoised else frozenset()))
    text: bytes = ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True)
    return text


def _beside(source: Path) -> Iterator[tuple[str, Path]]:
    for form, stem in (("full", source.name), ("short", source.stem)):
        places = (source.with_name(f"{stem}{suffix}") for suffix in (".xmp", ".XMP"))
        found = next((path for path in places if is_file(path)), None)
        if found is not None:
            yield form, found


def _read(path: Path) -> bytes:
    if path.stat().st_size > _LARGEST:
        raise FileError(path, "is too large for a sidecar")
    return path.read_bytes()


def _parsed(data: bytes) -> ElementTree.Element | None:
    if b"<!" in data.replace(b"<!--", b""):  # declarations, which may grow without end
        return None
    try:
        for _, (prefix, address) in ElementTree.iterparse(BytesIO(data), events=["start-ns"]):
            _register(prefix, address)
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError):
        return None


def _register(prefix: str, address: str) -> None:
    with suppress(ValueError):  # of the kind that is made up where there is none
        ElementTree.register_namespace(prefix, address)


def _unfit(name: str, fit: Fit) -> bool:
    return name in _SIZES or (fit.developed and name[1:].partition("}")[0] in _EDITS)


def _rename(description: ElementTree.Element, name: str) -> None:
    """Adobe's programs take a sidecar for that of a file of the kind which it names."""
    suffix = Path(name).suffix[1:].upper()
    for tag, value in {
        f"{{{_PHOTOSHOP}}}SidecarForExtension": suffix,
        f"{{{_CRS}}}RawFileName": name,
        f"{{{_MEDIA}}}DerivedFrom": name,
    }.items():
        if tag in description.attrib:
            description.set(tag, value)
        for child in description.iterfind(tag):
            if not len(child):
                child.text = value


def _leave_out_operations(description: ElementTree.Element, operations: frozenset[str]) -> None:
    steps = description.find(f"{{{_DARKTABLE}}}history/{{{_RDF}}}Seq")
    if steps is None:
        return
    for step in list(steps):
        if step.get(f"{{{_DARKTABLE}}}operation") in operations:
            steps.remove(step)  # the others keep their numbers, which masks refer to
