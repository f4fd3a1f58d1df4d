{{/* Where the bot finds recognition, synthesis and the language model. */}}

{{/* A NIM's name. Give (dict "root" $ "part" "asr"). */}}
{{- define "voicebot.nim" -}}{{ include "voicebot.fullname" .root }}-{{ .part }}{{- end }}

{{/* A speech NIM's gRPC address: the headless Service, so that each request may go to any of its pods. */}}
{{- define "voicebot.speechUri" -}}
{{- $riva := .root.Values.riva -}}
{{- $elsewhere := get $riva.external (printf "%sUri" .part) -}}
{{- if $elsewhere -}}
{{ $elsewhere }}
{{- else if eq $riva.source "local" -}}
{{ include "voicebot.local" .root }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}:50051
{{- else -}}
{{ include "voicebot.nim" . }}-pods.{{ include "voicebot.nimNamespace" .root }}.svc.{{ .root.Values.clusterDomain }}:50051
{{- end -}}
{{- end }}

{{- define "voicebot.llmUrl" -}}
{{- if eq .Values.llm.source "external" -}}
{{ .Values.llm.external.baseUrl }}
{{- else if eq .Values.llm.source "local" -}}
http://{{ include "voicebot.local" . }}.{{ .Release.Namespace }}.svc.{{ .Values.clusterDomain }}:8000/v1
{{- else -}}
http://{{ include "voicebot.nim" (dict "root" . "part" "llm") }}.{{ include "voicebot.nimNamespace" . }}.svc.{{ .Values.clusterDomain }}:8000/v1
{{- end -}}
{{- end }}

{{/* The NIMs that this release runs: a list of their names. */}}
{{- define "voicebot.nims" -}}
{{- $parts := list -}}
{{- range $part := list "asr" "tts" -}}
{{- if and (eq $.Values.riva.source "nim") (not (get $.Values.riva.external (printf "%sUri" $part))) -}}
{{- $parts = append $parts $part -}}
{{- end -}}
{{- end -}}
{{- if eq .Values.llm.source "nim" }}{{ $parts = append $parts "llm" }}{{ end -}}
{{ $parts | toJson }}
{{- end }}
