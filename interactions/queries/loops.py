"""The loops along what people did, compiled: over journeys (journeys.py).

All of them are given the arrays that they write into. A batch is of some persons with codes (coding.py) that follow
each other; ``begins`` and ``ends`` say where each one's moments are in ``moments`` (µs since 1970) and ``tags``, what
those mean to a question.
"""

from __future__ import annotations

from typing import Any, Final

from interactions.analytics.index.loops import compiled

# As tags:
NOT_ASKED: Final = -(1 << 31)
NO_WORDS: Final = -1
_EARLIEST: Final = -(1 << 63)
_LATEST: Final = (1 << 63) - 1


@compiled
def measure(rows: Any, persons: Any, first: int, starts: Any, sizes: Any) -> None:
    """Add to ``sizes`` how many moments each person has at most; the batch's first has the code ``first``."""
    for place in range(len(rows)):
        row = rows[place]
        sizes[persons[row] - first] += starts[row + 1] - starts[row]


@compiled
def gather(
    rows: Any,
    persons: Any,
    first: int,
    starts: Any,
    at: Any,
    what: Any,
    meanings: Any,
    since: int,
    until: int,
    begins: Any,
    ends: Any,
    moments: Any,
    tags: Any,
    mixed: Any,
) -> None:
    """Add the moments from ``since`` to before ``until`` to those of their persons, with what ``meanings`` has.

    ``mixed`` becomes true of persons whose moments are not in order then.
    """
    for place in range(len(rows)):
        row = rows[place]
        if at[starts[row]] >= until or at[starts[row + 1] - 1] < since:
            continue
        person = persons[row] - first
        begin = end = ends[person]
        for index in range(starts[row], starts[row + 1]):
            tag, moment = meanings[what[index]], at[index]
            moments[end], tags[end] = moment, tag  # there is room for all of them
            end += (tag != NOT_ASKED) & (since <= moment) & (moment < until)
        ends[person] = end
        mixed[person] |= begins[person] < begin < end and moments[begin] < moments[begin - 1]


@compiled
def gather_all(
    rows: Any, persons: Any, first: int, starts: Any, at: Any, begins: Any, ends: Any, moments: Any, mixed: Any
) -> None:
    """As :func:`gather`, of all moments, whatever they mean."""
    for place in range(len(rows)):
        row = rows[place]
        person = persons[row] - first
        begin = end = ends[person]
        for index in range(starts[row], starts[row + 1]):
            moments[end] = at[index]
            end += 1
        ends[person] = end
        mixed[person] |= begins[person] < begin < end and moments[begin] < moments[begin - 1]


@compiled
def gather_searches(
    rows: Any,
    persons: Any,
    first: int,
    starts: Any,
    at: Any,
    what: Any,
    meanings: Any,
    since: int,
    until: int,
    begins: Any,
    ends: Any,
    moments: Any,
    tags: Any,
    mixed: Any,
    searching: int,
    word_starts: Any,
    words: Any,
    until_followed: int,
) -> None:
    """As :func:`gather`; a search, whose meaning is not asked about or 0, has the code of its words as a tag.

    ``searching`` is the type of searches. Other moments count to before ``until_followed``. It is a loop of its own, as
    to look at every moment for words takes a fifth longer.
    """
    for place in range(len(rows)):
        row = rows[place]
        if at[starts[row]] >= until_followed or at[starts[row + 1] - 1] < since:
            continue
        person = persons[row] - first
        begin = end = ends[person]
        word = word_starts[row]
        for index in range(starts[row], starts[row + 1]):
            tag, moment = meanings[what[index]], at[index]
            last = until_followed
            if what[index] >> 2 == searching:
                if tag != NOT_ASKED:
                    tag = words[word] if words[word] >= 0 else NOT_ASKED
                word += 1
                last = until
            moments[end], tags[end] = moment, tag
            end += (tag != NOT_ASKED) & (since <= moment) & (moment < last)
        ends[person] = end
        mixed[person] |= begins[person] < begin < end and moments[begin] < moments[begin - 1]


@compiled
def count_searches(
    rows: Any,
    starts: Any,
    at: Any,
    what: Any,
    meanings: Any,
    since: int,
    until: int,
    searching: int,
    word_starts: Any,
    words: Any,
    searches: Any,
) -> None:
    """Add to ``searches`` how often each of the words was searched for, in journeys of nobody."""
    for place in range(len(rows)):
        row = rows[place]
        word = word_starts[row]
        for index in range(starts[row], starts[row + 1]):
            if what[index] >> 2 == searching:
                if meanings[what[index]] != NOT_ASKED and words[word] >= 0 and since <= at[index] < until:
                    searches[words[word]] += 1
                word += 1


@compiled
def collect(
    rows: Any,
    persons: Any,
    starts: Any,
    at: Any,
    what: Any,
    searching: int,
    word_starts: Any,
    words: Any,
    ends: Any,
    moments: Any,
    tags: Any,
) -> None:
    """Add all moments to those of their persons; a tag is the ``what``, and from the ninth bit on the code of words."""
    for place in range(len(rows)):
        row = rows[place]
        end = ends[persons[row]]
        word = word_starts[row]
        for index in range(starts[row], starts[row + 1]):
            code = 0
            if what[index] >> 2 == searching:
                code = words[word]
                word += 1
            moments[end], tags[end] = at[index], (code << 8) | what[index]
            end += 1
        ends[persons[row]] = end


@compiled
def put_in_order(
    mixed: Any, begins: Any, ends: Any, moments: Any, tags: Any, more_moments: Any, more_tags: Any
) -> None:
    """Put the moments of ``mixed`` persons in the order of time. They come in ascending runs, and those are merged."""
    for person in range(len(begins)):
        if not mixed[person]:
            continue
        begin, end = begins[person], ends[person]
        turns = 0
        while True:
            place, runs = begin, 0
            while place < end:
                middle = place + 1
                while middle < end and moments[middle - 1] <= moments[middle]:
                    middle += 1
                if place == begin and middle == end:
                    break
                one, other, stop, to = place, middle, middle, place
                if other < end:
                    stop += 1
                    while stop < end and moments[stop - 1] <= moments[stop]:
                        stop += 1
                # Visits lie together, so what comes next is mostly of the same run.
                while one < middle and other < stop:
                    while one < middle and moments[one] <= moments[other]:
                        more_moments[to], more_tags[to] = moments[one], tags[one]
                        one += 1
                        to += 1
                    while one < middle and other < stop and moments[other] < moments[one]:
                        more_moments[to], more_tags[to] = moments[other], tags[other]
                        other += 1
                        to += 1
                while one < middle:
                    more_moments[to], more_tags[to] = moments[one], tags[one]
                    one += 1
                    to += 1
                while other < stop:
                    more_moments[to], more_tags[to] = moments[other], tags[other]
                    other += 1
                    to += 1
                place = stop
                runs += 1
            if runs == 0:
                break
            moments, more_moments = more_moments, moments
            tags, more_tags = more_tags, tags
            turns += 1
        if turns % 2:  # back to where they are looked for
            moments, more_moments = more_moments, moments
            tags, more_tags = more_tags, tags
            for place in range(begin, end):
                moments[place], tags[place] = more_moments[place], more_tags[place]


@compiled
def visit(begins: Any, ends: Any, moments: Any, quiet: int, starts: Any, sessions: Any, people: Any) -> None:
    """Add to each bar, of which ``starts`` are the starts, the sessions that begin in it, and the people there."""
    several = len(starts)
    begin = float(starts[0])
    each = (several - 1) / max(1.0, float(starts[-1]) - begin)  # bars are nearly of one length
    for person in range(len(begins)):
        bar, edge = -1, _EARLIEST  # where the next bar begins
        soon = _EARLIEST  # from then on it is another session
        for index in range(begins[person], ends[person]):
            moment = moments[index]
            if moment >= edge:
                bar = int(min(max((moment - begin) * each, 0.0), several - 1.0))
                while bar > 0 and moment < starts[bar]:
                    bar -= 1
                while bar + 1 < several and moment >= starts[bar + 1]:
                    bar += 1
                edge = starts[bar + 1] if bar + 1 < several else _LATEST
                people[bar] += 1
            if moment >= soon:
                sessions[bar] += 1
            soon = moment + quiet


@compiled
def step(begins: Any, ends: Any, moments: Any, tags: Any, took: Any, counts: Any) -> None:
    """Count who reaches each step, of which ``tags`` have the bit; ``took`` (a row a step) gets how long it took, µs.

    A step is reached with the first moment at or after the one before: those of one moment are in any order.
    """
    for person in range(len(begins)):
        begin, end = begins[person], ends[person]
        index, reached = begin, 0
        for place in range(len(counts)):
            while index < end and not tags[index] >> place & 1:
                index += 1
            if index == end:
                break
            if place:
                took[place, counts[place]] = moments[index] - reached
            counts[place] += 1
            reached = moments[index]
            while index > begin and moments[index - 1] == reached:
                index -= 1


@compiled
def follow(begins: Any, ends: Any, moments: Any, tags: Any, within: int, searches: Any, followed: Any) -> None:
    """Count the searches for each of the words, and those that are followed within so many µs.

    A search has the code of its words as a tag, what may follow one NO_WORDS.
    """
    for person in range(len(begins)):
        index = ends[person] - 1
        next_one, is_any = 0, False
        while index >= begins[person]:
            moment, head = moments[index], index
            while head >= begins[person] and moments[head] == moment:
                if tags[head] < 0:
                    next_one, is_any = moment, True
                head -= 1
            for place in range(head + 1, index + 1):
                if tags[place] >= 0:
                    searches[tags[place]] += 1
                    followed[tags[place]] += is_any and next_one - moment <= within
            index = head


@compiled
def mark_present(starts: Any, at: Any, what: Any, meanings: Any, since: int, until: int, present: Any) -> None:
    """Say of each journey whether any of its moments is asked about."""
    for row in range(len(present)):
        if at[starts[row]] >= until or at[starts[row + 1] - 1] < since:
            continue
        for index in range(starts[row], starts[row + 1]):
            if meanings[what[index]] != NOT_ASKED and since <= at[index] < until:
                present[row] = True
                break


@compiled
def span(rows: Any, starts: Any, at: Any, what: Any, since: int, until: int, first: Any, last: Any) -> None:
    """Lower and raise the ``first`` and ``last`` moment of each number in ``what``."""
    for place in range(len(rows)):
        row = rows[place]
        for index in range(starts[row], starts[row + 1]):
            moment = at[index]
            if since <= moment < until:
                first[what[index]] = min(first[what[index]], moment)
                last[what[index]] = max(last[what[index]], moment)
