#pragma once

namespace teasel::rapidcheck {

/// Lets what RC_ASSERT, RC_PRE and their relatives throw fly through every guard that catches
/// exceptions of user code: without it, an assertion that fails inside a protocol's callback would
/// end a connection, and the property would hold. Done before main in every program that includes a
/// header of this room; more calls change nothing.
void letAssertionsPass() noexcept;

namespace detail {
struct AssertionsPass {
  AssertionsPass() noexcept { letAssertionsPass(); }
};
inline const AssertionsPass kAssertionsPass;
}  // namespace detail

}  // namespace teasel::rapidcheck
