"""Sixteen bytes at a time, for the loops that Numba compiles: it has no words of its own for that.

Most of these read, and ``copy`` writes, a whole lane: sixteen bytes have to follow the last place they are asked for.
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
    """``function`` answers the types of a call and what builds it, as Numba wants it."""
    made: Callable[..., Any] = intrinsic(function)
    return made


def _all(byte: int) -> ir.Constant:
    return ir.Constant(_LANE, [byte] * WIDTH)


def _pointer(context: Any, builder: Any, form: Any, place: Any, to: Any = _LANE) -> Any:
    """To bytes of an array of the type ``form``; ``place``: the array and the number of the first."""
    array, number = place
    start = context.make_array(form)(context, builder, array).data
    return builder.bitcast(builder.gep(start, [number]), to.as_pointer())


def _load(context: Any, builder: Any, form: Any, place: Any, to: Any = _LANE) -> Any:
    value = builder.load(_pointer(context, builder, form, place, to))
    value.align = 1
    return value


def _before_first(builder: Any, found: Any) -> Any:
    """How many lanes come before the first that was found, all of them where none was."""
    bits = builder.zext(builder.bitcast(found, _MASK), ir.IntType(64))
    guarded = builder.or_(bits, ir.Constant(ir.IntType(64), 1 << WIDTH))
    return builder.cttz(guarded, ir.Constant(ir.IntType(1), 1))


@_inlined
def plain(_: Any, text: Any, i: Any) -> Any:
    """How many of the sixteen bytes at ``i`` come before the first that is no ASCII letter, digit or sign, or is a
    quote or backslash."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        lane = _load(context, builder, signature.args[0], arguments)
        found = builder.icmp_signed("<", lane, _all(0x20))  # bytes beyond ASCII are negative
        for byte in b'"\\':
            found = builder.or_(found, builder.icmp_unsigned("==", lane, _all(byte)))
        return _before_first(builder, found)

    return types.int64(text, types.intp), build


@_inlined
def equal(_: Any, text: Any, i: Any, other: Any, k: Any) -> Any:
    """How many of the sixteen bytes at ``i`` and at ``k`` of another text come before the first that differs."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        first = _load(context, builder, signature.args[0], arguments[:2])
        second = _load(context, builder, signature.args[2], arguments[2:])
        return _before_first(builder, builder.icmp_unsigned("!=", first, second))

    return types.int64(text, types.intp, other, types.intp), build


@_inlined
def copy(_: Any, text: Any, i: Any, out: Any, o: Any) -> Any:
    """Copy the sixteen bytes at ``i`` to ``o``."""

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
    """The number of the lowest bit that is set; there has to be one."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.int64), build


@_inlined
def hash128(_: Any, address: Any, text: Any, i: Any, size: Any) -> Any:
    """What the C function at ``address`` makes of ``size`` bytes at ``i``: its two words, as xxHash's XXH3_128bits
    returns them."""

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
    """The number that is written at ``i``, as the C function at ``address`` reads it: Python's PyOS_string_to_double,
    which rounds to the nearest and knows no locale. There has to be one, with something else behind it."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        form = ir.FunctionType(ir.DoubleType(), [byte, byte.as_pointer(), byte])
        function = builder.inttoptr(arguments[0], form.as_pointer())
        start = _pointer(context, builder, signature.args[1], arguments[1:], ir.IntType(8))
        end = cgutils.alloca_once(builder, byte)
        return builder.call(function, [start, end, ir.Constant(byte, None)])

    return types.float64(types.int64, text, types.intp), build
