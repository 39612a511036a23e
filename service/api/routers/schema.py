"""What the graph holds, for whoever writes queries."""

from fastapi import APIRouter

from service.api.security import needs
from service.operations.schema import GraphSchema, describe_schema

router = APIRouter(prefix="/v1/schema", tags=["queries"])


@router.get("", dependencies=needs("read"))
def graph_schema() -> GraphSchema:
    """Labels, relationship types and properties, and what they mean."""
    return describe_schema()
