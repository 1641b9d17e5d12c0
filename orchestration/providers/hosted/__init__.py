"""Models behind an HTTP interface: OpenAI, everything that speaks its chat protocol, Anthropic, Ollama.

One file per thing owned: `endpoints` which services are configured and whose model a name is; `provider` the four
operations of the port; `questions` what is sent and what an answer must be; `exchange` one question with its one
repair; `connections` clients and their event loops, with `openai_chat` and `anthropic_messages`; `replies` the JSON in
what a model wrote; `faults` what every failure is called; `spending` usage and cost.

Only `endpoints`, `questions` and `provider` are imported before a model is asked: the libraries behind the others take
a second and some sixty megabytes, which an idle worker does not pay. `docs/hosted-models.md` describes it all.
"""
