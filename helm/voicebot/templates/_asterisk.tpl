{{/* What Asterisk is told beyond its image's own configuration. */}}

{{- define "voicebot.asterisk.run" -}}/var/lib/voicebot-asterisk{{- end }}
{{- define "voicebot.asterisk.conf" -}}{{ include "voicebot.asterisk.run" . }}/etc/asterisk.conf{{- end }}

{{/* Asterisk has one HTTP server. */}}
{{- define "voicebot.asterisk.ariPort" -}}
{{- ternary .Values.asterisk.metricsPort .Values.asterisk.outbound.port .Values.monitoring.serviceMonitor.enabled | int -}}
{{- end }}

{{/* Where the bots begin calls: a call belongs to one Asterisk, so not by a name for all of them. */}}
{{- define "voicebot.asterisk.ariUrl" -}}
{{- $name := include "voicebot.asterisk" . -}}
{{- .Values.asterisk.outbound.url | default (printf "http://%s-0.%s.%s.svc:%s/ari" $name $name .Release.Namespace (include "voicebot.asterisk.ariPort" .)) -}}
{{- end }}

{{- define "voicebot.asterisk.softphonesSecret" -}}
{{- with .Values.asterisk.softphones -}}
{{- if .names -}}
{{ .existingSecret | default (printf "%s-softphones" (include "voicebot.asterisk" $)) }}
{{- end -}}
{{- end -}}
{{- end }}

{{/* SIP over TCP and TLS, and the trunk: pjsip.conf reads this file. */}}
{{- define "voicebot.asterisk.sip" -}}
{{- $sip := .Values.asterisk.sip -}}
; The template pod-address.
#include pod_address.conf
{{ if $sip.tcp }}
[tcp](pod-address)
type = transport
protocol = tcp
bind = 0.0.0.0:{{ $sip.port }}
{{ end }}
{{- if $sip.tls.enabled }}
[tls](pod-address)
type = transport
protocol = tls
bind = 0.0.0.0:{{ $sip.tls.port }}
method = tlsv1_2
cert_file = /etc/voicebot/sip-tls/tls.crt
priv_key_file = /etc/voicebot/sip-tls/tls.key
{{- if $sip.tls.verifyClient }}
ca_list_file = /etc/voicebot/sip-tls/ca.crt
verify_client = yes
require_client_cert = yes
{{- end }}
{{ end }}
{{- with .Values.asterisk.trunk }}
{{- if and .enabled .existingSecret }}
#include pjsip_secret.conf
{{- else if .enabled }}
{{ include "voicebot.asterisk.trunk" . }}
{{- end }}
{{- end }}
{{- end }}

{{- define "voicebot.asterisk.trunk" -}}
; A provider, or a proxy such as Kamailio, that is known by its addresses.
[trunk]
type = endpoint
transport = {{ .transport }}
context = from-trunk
; India's telephone network is A-law.
disallow = all
allow = alaw,ulaw,g722
incoming_call_offer_pref = local_first
dtmf_mode = rfc4733
direct_media = no
rtp_symmetric = yes
force_rport = yes
rewrite_contact = yes
rtp_timeout = 60
rtp_timeout_hold = 600
trust_id_inbound = yes
language = hi
{{- if .encryptMedia }}
media_encryption = sdes
{{- end }}
{{- if .contact }}
aors = trunk

[trunk]
type = aor
contact = {{ .contact | replace ";" "\\;" }}
qualify_frequency = 60
{{- end }}

[trunk]
type = identify
endpoint = trunk
{{- range .addresses }}
match = {{ . }}
{{- end }}
{{- end }}
