"""XMP packets in files: what made a picture, as an entry of its history (XMP specification, part 2, xmpMM:History)."""

from __future__ import annotations

import struct
from html import escape
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO
from xml.etree import ElementTree

from rcl_cli.errors import FileError
from rcl_cli.files import require_file
from rcl_cli.raw.pictures.openexr import exr_attributes
from rcl_cli.raw.pictures.png import metadata_chunks, text_of
from rcl_cli.raw.sniff import Kind, identify

SOFTWARE = f"rcl {version('rcl-cli')}"
"""What files say made them."""
XMP_TAG = 700
JPEG_SIGNATURE = b"http://ns.adobe.com/xap/1.0/\0"
PNG_KEYWORD = b"XML:com.adobe.xmp"
EXR_ATTRIBUTE = "xmp"
_EVENT = "http://ns.adobe.com/xap/1.0/sType/ResourceEvent#"
_RDF = "http://www.w3.org/1999/02/22-rdf-syntax-ns#"
_MEDIA = "http://ns.adobe.com/xap/1.0/mm/"
_LARGEST = 1 << 20
_BYTE_ORDERS = {b"II*\0": "<", b"MM\0*": ">"}
_BYTES = (1, 7)
"""TIFF types of a packet."""


def history_packet(agent: str, parameters: str) -> bytes:
    """An XMP packet whose history has one event: `agent` produced the picture, by `parameters`."""
    text = (
        '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>\n'
        f'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="{_RDF}">\n'
        f'<rdf:Description rdf:about="" xmlns:xmpMM="{_MEDIA}" xmlns:stEvt="{_EVENT}">\n'
        "<xmpMM:History><rdf:Seq><rdf:li"
        f' stEvt:action="produced" stEvt:softwareAgent="{escape(agent)}" stEvt:parameters="{escape(parameters)}"/>'
        "</rdf:Seq></xmpMM:History>\n"
        '</rdf:Description></rdf:RDF></x:xmpmeta>\n<?xpacket end="w"?>'
    )
    return text.encode()


def history(packet: bytes) -> list[tuple[str, str]]:
    """(agent, parameters) of the events in a packet's history, in order; none where it is damaged or has none."""
    start, end = packet.find(b"<x:xmpmeta"), packet.rfind(b"</x:xmpmeta>")
    if not 0 <= start < end <= _LARGEST or b"<!" in packet:
        return []
    try:
        root = ElementTree.fromstring(packet[start : end + len(b"</x:xmpmeta>")])
    except ElementTree.ParseError:
        return []
    events = [item for found in root.iter(f"{{{_MEDIA}}}History") for item in found.iter(f"{{{_RDF}}}li")]
    return [(_field(event, "softwareAgent"), _field(event, "parameters")) for event in events]


def read_packet(path: Path) -> bytes:
    """The XMP packet inside a TIFF, DNG, JPEG, PNG or OpenEXR file; empty where there is none. Raises nothing."""
    try:
        require_file(path)
        with path.open("rb") as file:
            if (order := _BYTE_ORDERS.get(file.read(4))) is not None:
                return _of_tiff(file, order)
        found = identify(path)
        kind = found.kind
        if kind is Kind.JPEG:
            return _of_jpeg(path)
        if kind is Kind.PNG:
            texts = (text_of(chunk, PNG_KEYWORD) for chunk in metadata_chunks(path))
            return next((text for text in texts if text is not None), b"")
        if kind is Kind.EXR:
            return exr_attributes(path).get(EXR_ATTRIBUTE, b"")
        value = found.tags.values.get("XMP", b"") if kind in (Kind.TIFF, Kind.RAW) else b""
        return value if isinstance(value, bytes) else b""
    except (OSError, ValueError, struct.error, FileError):
        return b""


def jpeg_segment(packet: bytes) -> bytes:
    """The APP1 segment that holds a packet."""
    body = JPEG_SIGNATURE + packet
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def _of_tiff(file: BinaryIO, order: str) -> bytes:
    # The first directory alone, where all who write a packet put it: a folder of thousands is looked through for it.
    (offset,) = struct.unpack(order + "I", file.read(4))
    file.seek(offset)
    (count,) = struct.unpack(order + "H", file.read(2))
    table = file.read(12 * count)
    for at in range(0, len(table) - 11, 12):
        code, kind, size, place = struct.unpack_from(order + "HHII", table, at)
        if code == XMP_TAG and kind in _BYTES and 4 < size <= _LARGEST:
            file.seek(place)
            return file.read(size)
    return b""


def _of_jpeg(path: Path) -> bytes:
    with path.open("rb") as file:
        file.seek(2)
        while True:
            marker = file.read(2)
            # Image data, or no JPEG any more.
            if len(marker) < 2 or marker[0] != 0xFF or marker[1] in (0xDA, 0xD9):
                return b""
            (length,) = struct.unpack(">H", file.read(2))
            body = file.read(length - 2)
            if marker[1] == 0xE1 and body.startswith(JPEG_SIGNATURE):
                return body[len(JPEG_SIGNATURE) :]


def _field(event: ElementTree.Element, name: str) -> str:
    # Programs that rewrite a packet may turn attributes into elements.
    key = f"{{{_EVENT}}}{name}"
    return event.get(key) or next((found.text or "" for found in event.iter(key)), "")
