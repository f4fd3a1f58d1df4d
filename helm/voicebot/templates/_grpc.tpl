{{/*
One host's gRPC, from outside the cluster: a route of a Gateway, or an ingress. Give (dict "root" $ "labels" TEXT
"name" NAME "namespace" NAMESPACE "access" .Values.X "host" HOST "service" NAME "port" NUMBER "scheme" grpc|grpcs).
*/}}
{{- define "voicebot.grpcAccess" -}}
{{- $access := .access -}}
{{- if eq $access.kind "gateway" }}
apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- .labels | nindent 4 }}
spec:
  parentRefs:
    - name: {{ $access.gateway.name }}
      {{- with $access.gateway.namespace }}
      namespace: {{ . }}
      {{- end }}
      {{- with $access.gateway.section }}
      sectionName: {{ . }}
      {{- end }}
  hostnames: [{{ .host | quote }}]
  rules:
    - backendRefs:
        - name: {{ .service }}
          port: {{ .port }}
{{- else }}
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: {{ .name }}
  namespace: {{ .namespace }}
  labels: {{- .labels | nindent 4 }}
  annotations:
    {{- if eq $access.kind "nginx" }}
    nginx.ingress.kubernetes.io/backend-protocol: {{ upper .scheme }}
    nginx.ingress.kubernetes.io/ssl-redirect: "true"
    # A stream lasts as long as its call.
    nginx.ingress.kubernetes.io/proxy-read-timeout: {{ .root.Values.bot.longestCallSeconds | quote }}
    nginx.ingress.kubernetes.io/proxy-send-timeout: {{ .root.Values.bot.longestCallSeconds | quote }}
    nginx.ingress.kubernetes.io/proxy-body-size: "0"
    {{- else }}
    traefik.ingress.kubernetes.io/router.entrypoints: websecure
    traefik.ingress.kubernetes.io/router.tls: "true"
    {{- end }}
    {{- with $access.annotations }}{{ toYaml . | nindent 4 }}{{ end }}
spec:
  ingressClassName: {{ $access.ingressClass | default $access.kind }}
  tls:
    - hosts: [{{ .host | quote }}]
      secretName: {{ $access.tlsSecret }}
  rules:
    - host: {{ .host | quote }}
      http:
        paths:
          - path: /
            pathType: Prefix
            backend:
              service:
                name: {{ .service }}
                port:
                  name: grpc
{{- end }}
{{- end }}

{{/* What contradicts itself in it. Give (dict "path" "rivaAccess" "access" .Values.rivaAccess). */}}
{{- define "voicebot.refusals.grpcAccess" -}}
{{- if and (has .access.kind (list "nginx" "traefik")) (not .access.tlsSecret) -}}
{{- fail (printf "%s.tlsSecret is empty: browsers and gRPC clients get HTTP/2 from an ingress over TLS alone. Name a Secret of type kubernetes.io/tls" .path) -}}
{{- end -}}
{{- if and (eq .access.kind "gateway") (not .access.gateway.name) -}}
{{- fail (printf "%s.kind is gateway: give %s.gateway.name, the Gateway that the routes belong to" .path .path) -}}
{{- end -}}
{{- end }}
