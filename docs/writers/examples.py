"""The examples of `definition.md`, by heading. A test holds each against its model, and every key against them."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "Pipeline": (
        """
name: invoices
description: Reads invoices and has odd ones looked at
version: "2.1"
inputs: {document: {content: string}}
outputs: {invoice: object}
labels: {team: accounting}
timeout: 3600
sla: {seconds: 120, share: 0.95}
max_parallel: 10
cache_ttl: 86400
enable_monitoring: true
global_parameters:
  currency: EUR
  output_mapping: {invoice: read_output}
tasks:
  - {name: read, type: extraction, parameters: {schema: {total: money}}}
""",
    ),
    "Task": (
        """
name: read
type: extraction
description: Finds the facts of an invoice
model: local/extract
parameters: {text: "{input.document.content}", schema: {total: money}}
dependencies: [fetch]
queue: documents
timeout: 60
queue_timeout: 600
retry: {max_attempts: 5}
max_crashes: 2
cache_enabled: true
cache_ttl: 3600
cache: {tags: [invoices]}
review: {confidence_below: 0.8}
labels: {step: reading}
""",
    ),
    "retry": ("{max_attempts: 5, initial: 2, factor: 3, max_delay: 120, jitter: full}",),
    "cache": (
        """
ttl: 3600
tags: ["customer:{input.customer}"]
key: "{input.document.content}"
refresh: early
sampled: true
""",
        "{ignore: [input.request_id]}",
    ),
    "review": (
        """
always: false
confidence_below: 0.8
fields_below: {total: 0.9}
sample: 0.02
instructions: Compare the total with the table
specializations: [finance]
priority: high
risk: normal
due_hours: 8
policy: office-hours
may_edit: true
four_eyes: true
undo_seconds: 30
on_reject: fail
""",
        "{validation_failed: true}",
    ),
    "sla": ("{seconds: 120, share: 0.95}",),
    "text_generation": (
        """
prompt: "Write a reply to: {input.letter}"
system: You are polite and short
max_tokens: 500
temperature: 0.7
top_p: 0.9
stop: ["Regards"]
""",
        """
input: "{read_output.content}"
max_sentences: 2
""",
        """
prompt_template: "Keywords of: {read_output.content}"
max_keywords: 6
""",
    ),
    "classification": (
        """
categories: {legal: contracts and agreements, financial: invoices and prices}
text: "{read_output.content}"
instructions: A contract about money is legal
multi_label: false
threshold: 0.5
""",
        """
texts: ["{input.first}", "{input.second}"]
categories: [urgent, normal]
""",
        "{features: {age: 41, income: 52000}}",
    ),
    "extraction": (
        """
schema: {invoice_number: "string?", total: money, lines: [{text: string, amount: money}]}
text: "{input.document.content}"
instructions: The total is what is to be paid
""",
    ),
    "validation": (
        """
value: "{read_output}"
schema: {total: money}
rules:
  - {field: total, required: true, message: there is no total}
criteria: [The tone is polite]
on_fail: continue
""",
    ),
    "human_review": (
        """
instructions: May this be paid?
value: "{read_output}"
schema: {total: money, approved_by: string}
specializations: [finance]
priority: urgent
risk: high
due_hours: 4
policy: office-hours
may_edit: true
four_eyes: true
undo_seconds: 60
on_reject: continue
""",
    ),
    "custom": (
        """
handler: send_to_ledger
account: 4711
""",
    ),
    "Category": ("{name: legal, description: contracts and agreements, examples: [This lease is made between …]}",),
    "Rule": (
        "{field: total.amount, required: true, type: number, minimum: 0, maximum: 100000}",
        '{field: invoice_number, min_length: 3, max_length: 20, pattern: "^INV-", message: odd number}',
        "{field: currency, enum: [EUR, CHF]}",
        "{expression: end_date >= start_date, message: it ends before it begins}",
    ),
}
