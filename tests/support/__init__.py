"""What the suites share: the cluster and the service under test, clients that record what they exchange, small builders."""
