"""The questions of the pages, answered from the event index: functions that return frames of figures."""
