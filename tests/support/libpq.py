"""libpq by ctypes: a test that looks into the database should not start a process for it. Debian's libpq5 is there anyway."""
import ctypes
import re
import threading

_PQ = ctypes.CDLL("libpq.so.5")
for _name, _result, _arguments in (
        ("PQconnectdb", ctypes.c_void_p, [ctypes.c_char_p]), ("PQfinish", None, [ctypes.c_void_p]),
        ("PQstatus", ctypes.c_int, [ctypes.c_void_p]), ("PQerrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
        ("PQsetErrorVerbosity", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int]),
        ("PQsetNoticeProcessor", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]),
        ("PQtransactionStatus", ctypes.c_int, [ctypes.c_void_p]),
        ("PQexec", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_char_p]), ("PQclear", None, [ctypes.c_void_p]),
        ("PQresultStatus", ctypes.c_int, [ctypes.c_void_p]), ("PQresultErrorMessage", ctypes.c_char_p, [ctypes.c_void_p]),
        ("PQntuples", ctypes.c_int, [ctypes.c_void_p]), ("PQnfields", ctypes.c_int, [ctypes.c_void_p]),
        ("PQgetisnull", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQgetlength", ctypes.c_int, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int]),
        ("PQgetvalue", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_int, ctypes.c_int])):
    getattr(_PQ, _name).restype, getattr(_PQ, _name).argtypes = _result, _arguments
for _name, _result, _arguments in (
        ("PQsetNoticeReceiver", ctypes.c_void_p, [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p]),
        ("PQresultErrorField", ctypes.c_char_p, [ctypes.c_void_p, ctypes.c_int]),
        ("PQconsumeInput", ctypes.c_int, [ctypes.c_void_p]), ("PQfreemem", None, [ctypes.c_void_p]),
        ("PQnotifies", ctypes.c_void_p, [ctypes.c_void_p])):
    getattr(_PQ, _name).restype, getattr(_PQ, _name).argtypes = _result, _arguments
_CONNECTION_OK, _EMPTY, _COMMAND, _TUPLES, _VERBOSE = 0, 0, 1, 2, 2
_quiet = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(lambda _context, _message: None)


class DatabaseError(Exception):
    """What PostgreSQL answered; sqlstate is its code, None when there was no connection."""

    def __init__(self, text):
        super().__init__(text)
        found = re.search(r"(?:ERROR|FATAL|PANIC):\s+([0-9A-Z]{5}):", text)
        self.sqlstate = found.group(1) if found else None


class Connection:
    """One connection, one statement at a time; opened when it is used, and again after it was lost."""

    def __init__(self, conninfo):
        self.conninfo, self.handle, self.lock = conninfo, None, threading.Lock()

    def close(self):
        with self.lock:
            if self.handle:
                _PQ.PQfinish(self.handle)
            self.handle = None

    def open(self):
        if self.handle and _PQ.PQstatus(self.handle) == _CONNECTION_OK:
            return
        if self.handle:
            _PQ.PQfinish(self.handle)
        self.handle = _PQ.PQconnectdb(self.conninfo.encode())
        if _PQ.PQstatus(self.handle) != _CONNECTION_OK:
            raise DatabaseError(_PQ.PQerrorMessage(self.handle).decode())
        _PQ.PQsetErrorVerbosity(self.handle, _VERBOSE)
        _PQ.PQsetNoticeProcessor(self.handle, ctypes.cast(_quiet, ctypes.c_void_p), None)

    def run(self, text):
        """The rows of the last statement as tuples of text, None for null."""
        with self.lock:
            self.open()
            result = _PQ.PQexec(self.handle, text.encode())
            if _PQ.PQstatus(self.handle) != _CONNECTION_OK:  # it was closed at the other end meanwhile: once more
                _PQ.PQclear(result)
                self.open()
                result = _PQ.PQexec(self.handle, text.encode())
            try:
                return self.rows(result)
            finally:
                _PQ.PQclear(result)
                self.tidy(text)

    def tidy(self, text):
        """Nothing of one text reaches the next: no open transaction, no setting, no role."""
        if _PQ.PQtransactionStatus(self.handle) != 0:
            _PQ.PQclear(_PQ.PQexec(self.handle, b"rollback"))
        if re.search(r"\b(set|prepare|temp|temporary|listen|advisory)", text, re.I):
            _PQ.PQfinish(self.handle)
            self.handle = None

    @staticmethod
    def rows(result):
        if _PQ.PQresultStatus(result) not in (_EMPTY, _COMMAND, _TUPLES):
            raise DatabaseError(_PQ.PQresultErrorMessage(result).decode())

        def cell(row, column):
            if _PQ.PQgetisnull(result, row, column):
                return None
            return ctypes.string_at(_PQ.PQgetvalue(result, row, column), _PQ.PQgetlength(result, row, column)).decode()

        columns = range(_PQ.PQnfields(result))
        return [tuple(cell(row, column) for column in columns) for row in range(_PQ.PQntuples(result))]


class _Notification(ctypes.Structure):
    _fields_ = [("channel", ctypes.c_char_p), ("pid", ctypes.c_int), ("payload", ctypes.c_char_p)]


class Session(Connection):
    """One session that stays as it is from one text to the next, with what the server says on its own."""

    def __init__(self, conninfo):
        super().__init__(conninfo)
        self.said = []
        self.receiver = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(self.hear)
        self.open()
        _PQ.PQsetNoticeReceiver(self.handle, ctypes.cast(self.receiver, ctypes.c_void_p), None)

    def tidy(self, text):
        pass

    def hear(self, _context, result):
        self.said.append(tuple(_PQ.PQresultErrorField(result, ord(field)).decode() for field in "CM"))

    def notices(self):
        """(SQLSTATE, message) of every notice since the last call."""
        said, self.said = self.said, []
        return said

    def notifications(self):
        """(channel, payload) of what was notified up to now; PostgreSQL hands it over before it says that it is ready."""
        self.run("")
        found = []
        while handle := _PQ.PQnotifies(self.handle):
            one = ctypes.cast(handle, ctypes.POINTER(_Notification)).contents
            found.append((one.channel.decode(), one.payload.decode()))
            _PQ.PQfreemem(handle)
        return found
