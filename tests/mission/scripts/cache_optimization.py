# ruff: noqa: INP001  # as its author wrote it
from orchestration import PipelineOrchestrator

orchestrator = PipelineOrchestrator()
input_data = {"key_field": "document-17"}
result = {"analysis": ["legal", 0.95]}


# Custom cache key generation
def generate_cache_key(pipeline_name, input_data):
    import hashlib

    key_data = f"{pipeline_name}:{input_data.get('key_field')}"
    return hashlib.md5(key_data.encode()).hexdigest()


# Cache with custom TTL and tags
cache = orchestrator.cache
cache.set(
    key=generate_cache_key("analysis", input_data),
    value=result,
    ttl=7200,  # 2 hours
    tags=["analysis", "high_priority"],
)
print(cache.get(generate_cache_key("analysis", input_data)))

# Bulk cache operations
cache.delete_by_tags(["expired", "low_priority"])
print(cache.get(generate_cache_key("analysis", input_data)))
cache.delete_by_tags(["analysis"])
print(cache.get(generate_cache_key("analysis", input_data)))
