"""One photograph of a licence to its fields (识别一张执照照片)."""

import io
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from huoshui.adapters.licence_ocr.layout import Line, count_labels, fields_of, looks_like_code, upright
from huoshui.errors import BadFile, MissingExtra
from huoshui.rules.uscc import check_uscc, clean_code
from huoshui.terms import CodeVerdict, LicenceField

_ONE_AT_A_TIME: Final = threading.Lock()  # one engine a process, and it is used by one thread at a time
_MISREAD: Final = str.maketrans("OISZ", "0152")  # letters that no code has, for the digits that they look like
_QUARTER_TURNS: Final = (1, 3)
_ENOUGH_LABELS: Final = 3


@dataclass(frozen=True, slots=True)
class ReadField:
    """What was read in one field (识别字段): its text, and how sure the recognizer is of its least sure line (0 to 1)."""

    text: str
    sure: float


def read_licence(photo: bytes) -> dict[LicenceField, ReadField]:
    """The fields that can be read on a photograph of a licence (识别营业执照), of those that are there.

    Raises MissingExtra without the extra `ocr`, BadFile for bytes that are no picture.
    """
    engine = _engine()
    with _ONE_AT_A_TIME:
        best = _lines(engine, photo, quarter_turns=0)
        for turns in _QUARTER_TURNS if _lies_on_its_side(best) else ():
            best = max(best, _lines(engine, photo, quarter_turns=turns), key=count_labels)
            if count_labels(best) >= _ENOUGH_LABELS:
                break
    return _fields(best)


def _lies_on_its_side(lines: Sequence[Line]) -> bool:
    return sum(x.height > x.right - x.left for x in lines) * 2 > len(lines)


def _fields(lines: Sequence[Line]) -> dict[LicenceField, ReadField]:
    found = {
        name: ReadField("".join(x.text for x in value), min(x.sure for x in value)) for name, value in fields_of(lines).items()
    }
    code = _code(lines, beside_label=found.pop(LicenceField.USCC, None))
    return {LicenceField.USCC: code, **found} if code else found


def _code(lines: Sequence[Line], *, beside_label: ReadField | None) -> ReadField | None:
    """The credit code: what stands at its label, or the only one anywhere that passes its check, or the only one at all."""
    read = [ReadField(x.text, x.sure) for x in lines if looks_like_code(x.text)]
    candidates = {x.text: x for x in map(_as_code, [*read, *([beside_label] if beside_label else [])])}
    valid = [x for x in candidates.values() if check_uscc(x.text).verdict is CodeVerdict.VALID]
    at_label = beside_label and _as_code(beside_label)
    if at_label and (at_label in valid or len(valid) != 1):
        return at_label
    found = valid or list(candidates.values())
    return found[0] if len(found) == 1 else None


def _as_code(read: ReadField) -> ReadField:
    return ReadField(clean_code(read.text).translate(_MISREAD), read.sure)


def _lines(engine: Any, photo: bytes, *, quarter_turns: int) -> list[Line]:
    import numpy as np  # noqa: PLC0415 - heavy, and only where a licence is read
    from PIL import Image, UnidentifiedImageError  # noqa: PLC0415

    try:
        with Image.open(io.BytesIO(photo)) as opened:
            pixels = np.rot90(np.asarray(opened.convert("RGB"))[:, :, ::-1], quarter_turns)
    except (UnidentifiedImageError, OSError) as error:
        raise BadFile("the photograph of the licence cannot be opened", zh="照片打不开，请重新拍摄") from error
    result = engine(np.ascontiguousarray(pixels))
    if result.boxes is None:
        return []
    return upright(result.boxes.tolist(), result.txts, result.scores)


@cache
def _engine() -> Any:
    try:
        from rapidocr import RapidOCR  # noqa: PLC0415 - takes seconds and hundreds of megabytes
    except ImportError as error:
        raise MissingExtra(
            "reading licences needs RapidOCR; run `pip install 'huoshui[ocr]'`", zh="本系统没有安装执照识别组件，请手工填写"
        ) from error
    return RapidOCR(
        params={
            "EngineConfig.onnxruntime.intra_op_num_threads": 2,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Global.log_level": "error",
        }
    )
