"""Streams: read Kafka topics and Kinesis streams exactly once.

``consumer`` reads one stream: it takes ``leases`` on partitions, has ``kafka`` or ``kinesis`` fetch their messages,
``payloads`` makes events of them, and the records go into the inbox in one transaction with the positions. ``fleet``
runs the streams that are kept, ``change`` adds and changes them, and ``lag`` says how far behind they are.
"""
