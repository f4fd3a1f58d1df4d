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
{{- end }}

{{- define "voicebot.bot.tlsMounts" -}}
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
