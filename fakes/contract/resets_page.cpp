#include "resets_page.hpp"

#include <initializer_list>
#include <span>
#include <string_view>

#include <teasel/contract/reset_table.hpp>

namespace teasel::contract {
namespace {

std::string line(std::initializer_list<std::string> cells) {
  std::string out = "|";
  for (const std::string& cell : cells) out += ' ' + cell + " |";
  return out + '\n';
}

std::string orNone(std::string_view text) { return text.empty() ? "-" : std::string(text); }

/// "readLost lost:ConnectionLost" as a reader sees it.
std::string calls(std::string_view heard) {
  if (heard.empty()) return "-";
  std::string out;
  if (heard.starts_with("readLost ")) out = "`readConnectionLost`, ", heard.remove_prefix(9);
  return out + '`' + std::string(heard.substr(heard.find(':') + 1)) + '`';
}

std::string table(std::span<const ResetRow> rows) {
  std::string out = line({"half-closed before", "the peer", "we write", "our sends", "recv, behind the bytes",
                          "SO_ERROR, behind that", "a reader hears", "a paused reader hears when it resumes"}) +
                    "|---|---|---|---|---|---|---|---|\n";
  for (const ResetRow& row : rows)
    out += line({std::string(wordOf(row.half)), std::string(wordOf(row.ends)), std::string(wordOf(row.writes)), orNone(row.sends),
                 std::string(row.received), orNone(row.error), calls(row.hears), calls(row.hearsResumed)});
  return out;
}

}  // namespace

std::string resetsPage() {
  return "# What a protocol hears when its peer resets the connection\n\n"
         "A peer can say something and then reset the connection. For example, a server answers \"413\" in the middle\n"
         "of an upload and closes. It has not read the rest of the upload, so its system sends a reset. The rule is the\n"
         "same on every driver:\n\n"
         "- Bytes come first. `dataReceived` gets everything that had arrived before the reset, and then\n"
         "  `connectionLost` gets its reason.\n"
         "- A send that meets the reset takes the error from the kernel. `recv` then ends with 0, which looks like a\n"
         "  clean end. The transport keeps the error of the send, and `connectionLost` gets ConnectionLost.\n"
         "- A paused reader hears nothing until `resumeProducing`. Then it hears the bytes and the end.\n"
         "- After a failed send the output is freed, and what is written is dropped and counted\n"
         "  (`Transport::counters`). A paused push producer is resumed; a pull producer is stopped, because nobody will ask it "
         "for more.\n"
         "- `loseConnection`, `failConnection` and `abortConnection` do not wait for a resume: after a failed send they\n"
         "  end the connection at once. `connectionLost` gets ConnectionLost, the given reason or ConnectionAborted.\n"
         "- A connection that was reset before the driver noticed that it was connected is made, heard and lost.\n\n"
         "A protocol that never resumes keeps its connection, as in Twisted.\n\n"
         "## The table\n\n"
         "`resets_page` writes this page from `fakes/contract/teasel/contract/reset_table.hpp`, and a test compares it\n"
         "with that table. Each row was settled by what Linux does: `drivers_resets_test` plays it by plain sockets\n"
         "(columns 4 to 6) and on each driver. `contract_test` plays it in both modes of the world, and between two\n"
         "transports of Teasel as far as these can bring it about. Each row runs with 0, 15 and 50,000 bytes of the\n"
         "peer that arrive before the end. All of them are heard in every row; the table says what is heard behind them.\n"
         "The protocol is half-closeable in rows in which a direction is half-closed.\n\n"
         "\"The peer closes, has not read\" means that it closes while bytes of ours wait in its system. \"After\" means: the\n"
         "end of the connection has arrived in our system, and the driver has not looked yet.\n\n" +
         table(kResetTable) +
         "\nNotes:\n\n"
         "- A `select` driver notices a reset behind the peer's end of stream only when the protocol writes, because\n"
         "  select(2) cannot wait for errors alone.\n"
         "- After an ordinary end of stream a protocol that is not half-closeable hears ConnectionDone, even if a write of\n"
         "  ours was answered by a reset meanwhile: `recv` says 0, and no send has failed.\n"
         "- Twisted hears the same bytes while it reads. While it is paused and writes, it loses what it has not read.\n\n"
         "## UNIX sockets\n\n"
         "A UNIX socket has no reset. On Linux these rules hold, and Teasel cannot change them:\n\n"
         "- What was sent is heard, whatever the sender does next.\n"
         "- A side that closes with unread input makes the other side meet ECONNRESET once, behind the bytes. Every other\n"
         "  close is an end of stream. A linger time of 0 changes nothing.\n"
         "- So a peer sees `abortConnection` as a clean end: its `connectionLost` gets ConnectionDone, unless the side that\n"
         "  aborts had unread input. A reply that broke off can look complete. A protocol over UNIX sockets must say itself\n"
         "  where its messages end.\n"
         "- A send to a side that is gone fails at once with EPIPE. Over TCP the first one succeeds.\n"
         "- A listening socket that closes resets the connections that wait in its backlog.\n\n"
         "The same tests play this table, over UNIX sockets. \"resets\" is a close with a linger time of 0 here. \"-\" in the "
         "last two\n"
         "columns: after a write of ours, the protocol hears ConnectionDone or ConnectionLost, and it depends on whether the "
         "end\n"
         "or the failed write is noticed first; or nothing is heard until we write.\n\n" +
         table(kUnixResetTable) +
         "\n## In the world\n\n"
         "A calm world does what Linux does. Other kernels drop their receive buffers at a reset, and other event loops\n"
         "report a reset to a paused reader. So two [choice sites](events.md#choice-sites) vary this in readiness mode:\n"
         "`resetWhilePaused` tells a paused reader at once, and `resetOrder` lets the reset overtake the bytes.\n"
         "Bytes that are still on the wire when the connection is reset are lost. None of this concerns UNIX sockets.\n\n"
         "Tapes and fuzzer inputs of version 1 keep the rule with which they were recorded: a paused reader is told at\n"
         "once and loses what it had not read, unless the site `pausedReset` says otherwise.\n";
}

}  // namespace teasel::contract
