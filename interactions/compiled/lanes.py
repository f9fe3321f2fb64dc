"""SIMD operations on 16 bytes, as Numba intrinsics, because Numba has none.

Most of them read, and ``copy`` writes, 16 bytes: the arrays must have that many after the last place passed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic

WIDTH = 16
_LANE = ir.VectorType(ir.IntType(8), WIDTH)
_MASK = ir.IntType(WIDTH)


def _inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Declare ``function`` an intrinsic: it returns the signature and the code generator, as Numba requires."""
    made: Callable[..., Any] = intrinsic(function)
    return made


def _all(byte: int) -> ir.Constant:
    return ir.Constant(_LANE, [byte] * WIDTH)


def _pointer(context: Any, builder: Any, form: Any, place: Any, to: Any = _LANE) -> Any:
    """A pointer into an array of the type ``form``; ``place`` is the array and the index."""
    array, number = place
    start = context.make_array(form)(context, builder, array).data
    return builder.bitcast(builder.gep(start, [number]), to.as_pointer())


def _load(context: Any, builder: Any, form: Any, place: Any, to: Any = _LANE) -> Any:
    value = builder.load(_pointer(context, builder, form, place, to))
    value.align = 1
    return value


def _before_first(builder: Any, found: Any) -> Any:
    """The number of bytes before the first match; WIDTH if there is none."""
    bits = builder.zext(builder.bitcast(found, _MASK), ir.IntType(64))
    guarded = builder.or_(bits, ir.Constant(ir.IntType(64), 1 << WIDTH))
    return builder.cttz(guarded, ir.Constant(ir.IntType(1), 1))


@_inlined
def plain(_: Any, text: Any, i: Any) -> Any:
    """How many of the 16 bytes at ``i`` precede the first that is a quote, a backslash, a control character or not
    ASCII."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lane = _load(context, builder, signature.args[0], arguments)
        found = builder.icmp_signed("<", lane, _all(0x20))  # bytes beyond ASCII are negative
        for byte in b'"\\':
            found = builder.or_(found, builder.icmp_unsigned("==", lane, _all(byte)))
        return _before_first(builder, found)

    return types.int64(text, types.intp), build


@_inlined
def equal(_: Any, text: Any, i: Any, other: Any, k: Any) -> Any:
    """How many of the 16 bytes at ``i``, and at ``k`` of another text, precede the first difference."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first = _load(context, builder, signature.args[0], arguments[:2])
        second = _load(context, builder, signature.args[2], arguments[2:])
        return _before_first(builder, builder.icmp_unsigned("!=", first, second))

    return types.int64(text, types.intp, other, types.intp), build


@_inlined
def copy(_: Any, text: Any, i: Any, out: Any, o: Any) -> Any:
    """Copy the 16 bytes at ``i`` to ``o``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lane = _load(context, builder, signature.args[0], arguments[:2])
        stored = builder.store(lane, _pointer(context, builder, signature.args[2], arguments[2:]))
        stored.align = 1
        return context.get_dummy_value()

    return types.void(text, types.intp, out, types.intp), build


@_inlined
def word(_: Any, text: Any, i: Any) -> Any:
    """The eight bytes at ``i`` as a number."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return _load(context, builder, signature.args[0], arguments, ir.IntType(64))

    return types.uint64(text, types.intp), build


@_inlined
def lowest(_: Any, bits: Any) -> Any:
    """The index of the lowest set bit; ``bits`` must not be 0."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), build


@_inlined
def hash128(_: Any, address: Any, text: Any, i: Any, size: Any) -> Any:
    """Hash ``size`` bytes at ``i`` with the C function at ``address``, which returns two words like xxHash's
    XXH3_128bits."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        where, array, number, count = arguments
        word, byte = ir.IntType(64), ir.IntType(8)
        form = ir.FunctionType(ir.LiteralStructType([word, word]), [byte.as_pointer(), word])
        function = builder.inttoptr(where, form.as_pointer())
        start = _pointer(context, builder, signature.args[1], (array, number), byte)
        made = builder.call(function, [start, count])
        words = [builder.extract_value(made, 0), builder.extract_value(made, 1)]
        return context.make_tuple(builder, signature.return_type, words)

    return types.UniTuple(types.uint64, 2)(types.int64, text, types.intp, types.intp), build


@_inlined
def double(_: Any, address: Any, text: Any, i: Any) -> Any:
    """Parse the number at ``i`` with the C function at ``address``, Python's PyOS_string_to_double, which rounds to the
    nearest and ignores the locale. There must be a valid number, followed by another character."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        form = ir.FunctionType(ir.DoubleType(), [byte, byte.as_pointer(), byte])
        function = builder.inttoptr(arguments[0], form.as_pointer())
        start = _pointer(context, builder, signature.args[1], arguments[1:], ir.IntType(8))
        end = cgutils.alloca_once(builder, byte)
        return builder.call(function, [start, end, ir.Constant(byte, None)])

    return types.float64(types.int64, text, types.intp), build
