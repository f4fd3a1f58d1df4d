{{/* The bot's variables and files that hold secrets. */}}
{{- define "voicebot.bot.secrets" -}}
{{- $v := .Values }}
{{- with $v.pbxToken.existingSecret }}
- name: BOT_PBX__TOKEN
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $v.pbxToken.key }}
{{- end }}
{{- with and (eq $v.llm.source "external") $v.llm.external.apiKey.existingSecret }}
- name: BOT_LLM__API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $v.llm.external.apiKey.key }}
{{- end }}
{{- with and (eq $v.riva.source "external") $v.riva.external.apiKey.existingSecret }}
# Kubernetes puts the first variable into the second.
- name: RIVA_API_KEY
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ $v.riva.external.apiKey.key }}
- name: BOT_RIVA__METADATA
  value: '{"authorization": "Bearer $(RIVA_API_KEY)"}'
{{- end }}
{{- range $name := list "tokens" "operators" }}
{{- with and $v.gateway.enabled (get $v.gateway $name).existingSecret }}
- name: BOT_GATEWAY__{{ upper $name }}
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: {{ (get $v.gateway $name).key }}
{{- end }}
{{- end }}
{{- end }}

{{/* The gateway's settings, as JSON; what is not the chart's comes from bot.settings. */}}
{{- define "voicebot.bot.gateway" -}}
{{- $gateway := .Values.gateway -}}
{{- $ours := dict "enabled" $gateway.enabled -}}
{{- if $gateway.enabled -}}
{{- $_ := merge $ours (dict "host" "0.0.0.0" "port" $gateway.port) -}}
{{- if $gateway.tls.secret -}}
{{- $tls := dict "cert" "/etc/voicebot/gateway-tls/tls.crt" "key" "/etc/voicebot/gateway-tls/tls.key" -}}
{{- if $gateway.tls.verifyClients }}{{ $_ := set $tls "client_ca" "/etc/voicebot/gateway-tls/ca.crt" }}{{ end -}}
{{- $_ := set $ours "tls" $tls -}}
{{- end -}}
{{- end -}}
{{ toJson $ours }}
{{- end }}

{{/* The API's settings, likewise. */}}
{{- define "voicebot.bot.api" -}}
{{- $api := .Values.api -}}
{{- $ours := dict "enabled" $api.enabled -}}
{{- if $api.enabled -}}
{{- $_ := merge $ours (dict "host" "0.0.0.0" "port" $api.port) -}}
{{- if $api.tls.secret -}}
{{- $folder := "/etc/voicebot/api-tls" -}}
{{- $_ := set $ours "tls" (dict "cert" (print $folder "/tls.crt") "key" (print $folder "/tls.key") "ca" (print $folder "/ca.crt") "name" $api.tls.name) -}}
{{- end -}}
{{- end -}}
{{ toJson $ours }}
{{- end }}

{{- define "voicebot.bot.tlsMounts" -}}
{{- if .Values.bot.lineTls.secret }}
- name: line-tls
  mountPath: /etc/voicebot/line-tls
  readOnly: true
{{- end }}
{{- if and .Values.gateway.enabled .Values.gateway.tls.secret }}
# A folder, not a file of it: a renewed certificate appears in it, and the bot reads it.
- name: gateway-tls
  mountPath: /etc/voicebot/gateway-tls
  readOnly: true
{{- end }}
{{- if and .Values.api.enabled .Values.api.tls.secret }}
- name: api-tls
  mountPath: /etc/voicebot/api-tls
  readOnly: true
{{- end }}
{{- if eq .Values.riva.source "external" }}
{{- if .Values.riva.external.tls.caSecret }}
- name: riva-ca
  mountPath: /etc/voicebot/riva-ca
  readOnly: true
{{- end }}
{{- if .Values.riva.external.tls.clientSecret }}
- name: riva-client
  mountPath: /etc/voicebot/riva-client
  readOnly: true
{{- end }}
{{- end }}
{{- end }}

{{- define "voicebot.bot.tlsVolumes" -}}
{{- with .Values.bot.lineTls.secret }}
- name: line-tls
  secret:
    secretName: {{ . }}
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- end }}
{{- with and .Values.gateway.enabled .Values.gateway.tls.secret }}
- name: gateway-tls
  secret:
    secretName: {{ . }}
{{- end }}
{{- with and .Values.api.enabled .Values.api.tls.secret }}
- name: api-tls
  secret:
    secretName: {{ . }}
{{- end }}
{{- if eq .Values.riva.source "external" }}
{{- with .Values.riva.external.tls.caSecret }}
- name: riva-ca
  secret:
    secretName: {{ . }}
    items: [{key: ca.crt, path: ca.crt}]
{{- end }}
{{- with .Values.riva.external.tls.clientSecret }}
- name: riva-client
  secret:
    secretName: {{ . }}
    items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
{{- end }}
{{- end }}
{{- end }}
