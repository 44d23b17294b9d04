{{/* Name of the chart. */}}
{{- define "argmin.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* Name of the release's objects; at most 50 characters, so that suffixes fit into 63. */}}
{{- define "argmin.fullname" -}}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- $name := include "argmin.name" . }}
{{- if contains $name .Release.Name }}
{{- .Release.Name | trunc 50 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 50 | trimSuffix "-" }}
{{- end }}
{{- end }}
{{- end }}

{{/* Name of cluster-wide objects: two releases in two namespaces must not share one. */}}
{{- define "argmin.clusterName" -}}
{{- printf "%s:%s" .Release.Namespace (include "argmin.fullname" .) }}
{{- end }}

{{- define "argmin.selectorLabels" -}}
app.kubernetes.io/name: {{ include "argmin.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: operator
{{- end }}

{{- define "argmin.labels" -}}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" }}
{{ include "argmin.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: argmin
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "argmin.serviceAccountName" -}}
{{- if .Values.serviceAccount.create }}
{{- default (include "argmin.fullname" .) .Values.serviceAccount.name }}
{{- else }}
{{- required "serviceAccount.name names an existing ServiceAccount where serviceAccount.create is false" .Values.serviceAccount.name }}
{{- end }}
{{- end }}

{{/* An image reference; takes a dict of `image` and `root`. */}}
{{- define "argmin.image" -}}
{{- if .image.digest -}}
{{ .image.repository }}@{{ .image.digest }}
{{- else -}}
{{ .image.repository }}:{{ default .root.Chart.AppVersion .image.tag }}
{{- end }}
{{- end }}

{{- define "argmin.intakeUrl" -}}
http://{{ include "argmin.fullname" . }}-intake.{{ .Release.Namespace }}.svc:{{ .Values.intake.port }}
{{- end }}

{{/* What the operator may do in every namespace that it serves. */}}
{{- define "argmin.runRules" -}}
{{- $kinds := .Files.Get "files/roles.yaml" | fromYaml }}
- apiGroups: [argmin.dev]
  resources: {{ toJson $kinds.objects }}
  verbs: [get, list, watch, patch, delete]  # patch: our finalizer; delete: ttlSecondsAfterFinished
- apiGroups: [argmin.dev]
  resources: {{ toJson $kinds.statuses }}
  verbs: [get, patch]
- apiGroups: [argmin.dev]
  resources: {{ toJson $kinds.finalizers }}  # for ownerReferences that block deletion
  verbs: [update]
- apiGroups: [batch]
  resources: [jobs]
  verbs: [get, list, watch, create, patch, delete]
- apiGroups: [""]
  resources: [pods]
  verbs: [get, list, watch]
- apiGroups: [""]
  resources: [configmaps]
  verbs: [get, create, patch, delete]
- apiGroups: [""]
  resources: [events]
  verbs: [create]
{{- end }}
