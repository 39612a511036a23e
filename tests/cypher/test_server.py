"""A real local server."""

from cypher.connection import open_driver


def test_the_suites_server_answers(neo4j_server):
    with open_driver(neo4j_server) as driver:
        assert driver.execute_query("RETURN 1 AS one").records[0]["one"] == 1
