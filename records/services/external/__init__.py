"""Objects whose records live elsewhere: every operation on them is forwarded to an upstream.

forwarding  the one seam: services that read or write records ask here first
operations  what each of those services does with such an object
calls       one call: what is checked before it, and the row it leaves
limits      how many at once, and none for a while where they keep failing
sending     HTTP, to vetted addresses, within a time and a size
addresses   which hosts and addresses may be connected to
shapes      between records and the upstream's JSON
ids         between the upstream's ids and UUIDs
source      a source, compiled into its object's schema
sources     setting sources up
"""
