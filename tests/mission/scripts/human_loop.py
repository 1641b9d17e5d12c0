"""The product description's Quick Start 5, as a plain script; only the import path differs."""
# ruff: noqa: INP001, E402  # as its author wrote it

from orchestration import PipelineOrchestrator

orchestrator = PipelineOrchestrator()

# Register reviewers
from reviews import ReviewerProfile

reviewer = ReviewerProfile(
    id="expert_001",
    name="Dr. Jane Smith",
    email="jane@example.com",
    specializations=["legal", "compliance"],
    max_concurrent_reviews=5,
)

hitl_manager = orchestrator.human_loop_manager
hitl_manager.register_reviewer(reviewer)

# Create review request
review_id = hitl_manager.create_review(
    task_name="legal_validation",
    task_type="validation",
    input_data={"document": "contract.pdf", "extracted_terms": ["term", "notice period"]},
    priority="high",
)

# Beyond the example: what becomes of it, inside a running event loop as well.
import asyncio


async def decide() -> None:
    print(hitl_manager.assign(review_id))
    token = hitl_manager.claim(review_id, "expert_001")
    review = hitl_manager.decide(review_id, "approve", "expert_001", comment="looks right", token=token)
    print(review["status"], review["priority"], review["input"]["document"])


asyncio.run(decide())
for line in hitl_manager.history(review_id):
    print("-", line["sentence"])
