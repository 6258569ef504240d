"""Rows many times over, for measurements."""


def clone(sql, table, condition, count, order="", **changes):
    """Copies of the rows t of the condition, number n of 1 to count, with other values in some columns. sql runs a text as the
    superuser: without triggers, as rows that were there before."""
    columns = [row[0] for row in sql(f"select column_name from information_schema.columns where table_name = '{table}' "
                                     "and is_generated = 'NEVER' and is_identity = 'NO' order by ordinal_position")]
    chosen = ", ".join(changes.get(column, f"t.{column}") for column in columns)
    sql(f"set session_replication_role = replica; insert into {table} ({', '.join(columns)}) select {chosen} from {table} t, "
        f"generate_series(1, {count}) n where {condition} {order}; reset session_replication_role")
