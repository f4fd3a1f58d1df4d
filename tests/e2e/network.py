"""The telephone network behind the bot's trunk: a second Asterisk, in which numbers behave."""

from tests.e2e.pbx import Pbx

FIRST = "+9198000000"
BEHAVIOUR = """
[from-trunk-side]
; 1x: the phone 6001 rings. 2x: busy. 3x: rings, nobody answers. 4x: an answering machine.
; 5x: somebody who holds the line for a while. 6x: there is no such number.
exten => _+91980000001X,1,Dial(PJSIP/6001,60)
 same => n,Hangup()
exten => _+91980000002X,1,Hangup(17)
exten => _+91980000003X,1,Ringing()
 same => n,Wait(120)
exten => _+91980000004X,1,Answer()
 same => n,Playback(MACHINE)
 same => n,Wait(60)
exten => _+91980000005X,1,Answer()
 same => n,Wait(SECONDS)
 same => n,Hangup()
exten => _+91980000006X,1,Hangup(1)
"""
TRUNK_SIDE = """[trunk]
type = endpoint
context = from-trunk-side
transport = udp
disallow = all
allow = alaw
dtmf_mode = rfc4733
direct_media = no
"""
OURS = """[trunk]
type = endpoint
context = from-trunk
transport = udp
disallow = all
allow = alaw
dtmf_mode = rfc4733
direct_media = no
from_user = trunk
aors = trunk

[trunk]
type = aor
contact = sip:127.0.0.1:PORT
"""


def network(machine="beep", seconds=5):
    """The network, as a context manager. `machine`: what its answering machine plays."""
    dialplan = BEHAVIOUR.replace("MACHINE", str(machine)).replace("SECONDS", str(seconds))
    extra = {"extensions_custom.conf": dialplan, "pjsip_trunk.conf": TRUNK_SIDE}
    return Pbx("http://127.0.0.1:9", extra=extra, trace=True)


def trunk(there):
    """What our Asterisk's pjsip_trunk.conf says of that network."""
    return OURS.replace("PORT", str(there.sip_port))
