#pragma once

namespace teasel::rapidcheck {

/// Lets exceptions of RC_ASSERT, RC_PRE and their relatives pass through every guard that catches
/// exceptions of user code. Without this, an assertion that fails in a callback of a protocol would
/// end a connection, and the property would hold. Every program that includes a header of this room
/// does this before main. More calls change nothing.
void letAssertionsPass() noexcept;

namespace detail {
struct AssertionsPass {
  AssertionsPass() noexcept { letAssertionsPass(); }
};
inline const AssertionsPass kAssertionsPass;
}  // namespace detail

}  // namespace teasel::rapidcheck
