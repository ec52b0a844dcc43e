# mypy: disable-error-code="no-untyped-call"
"""How numba compiles the kernels: each once, as a part of the entry that calls it.

By itself numba optimises and translates every function together with all that it calls, so what lies deep is
done anew for each caller. Here the code of a part is only kept until an entry takes it in. There all is
optimised and translated together, and as nobody else can call the parts, arguments that they do not use fall
away. This reaches below numba's public interface, so pyproject names the version that it is written for.
"""

from typing import Any

from numba import _dynfunc  # type: ignore[attr-defined]
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler
from numba.core.compiler_machinery import register_pass
from numba.core.typed_passes import NativeLowering


class _Code(JITCodeLibrary):
    """Code of one function, and a list of all code that it needs, at whatever depth."""

    def add_linking_library(self, library: JITCodeLibrary) -> None:
        super().add_linking_library(library)
        if isinstance(library, _Part):
            self._linking_libraries.extend(library._linking_libraries)


class _Part(_Code):
    """Code that is linked into entries and never runs by itself."""

    def finalize(self) -> None:
        self._finalized = True


class _Whole(_Code):
    """An entry with all its parts."""

    def _optimize_final_module(self) -> None:
        for function in self._final_module.functions:
            if not function.is_declaration and function.linkage.name == "linkonce_odr":
                function.linkage = "internal"
        passes, builder = self._codegen._module_pass_manager()
        passes.run(self._final_module, builder)


@register_pass(mutates_CFG=True, analysis_only=False)
class _KeepCode(NativeLowering):
    """In place of numba's last step: the code stays as it is, and callers know it by a stand-in."""

    _name = "keep_code"

    def run_pass(self, state: Any) -> bool:
        state.library = _Part(state.targetctx.codegen(), state.func_id.func_qualname)
        state.flags.no_compile = True
        super().run_pass(state)
        made = state["cr"]
        name, module = made.fndesc.qualname, made.fndesc.lookup_module()
        known = _dynfunc.make_function(module, name, "", 0, made.env, (state.library,))
        state.targetctx.insert_user_function(known, made.fndesc, [state.library])
        state["cr"] = made._replace(cfunc=known)
        return True


class PartCompiler(Compiler):
    """For what kernels call."""

    def define_pipelines(self) -> list[Any]:
        (manager,) = super().define_pipelines()
        manager.passes = [
            (_KeepCode if step is NativeLowering else step, what) for step, what in manager.passes
        ]
        manager.finalize()
        return [manager]


class EntryCompiler(Compiler):
    """For what Python calls."""

    def define_pipelines(self) -> list[Any]:
        state = self.state
        state.library = _Whole(state.targetctx.codegen(), state.func_id.func_qualname)
        state.library.enable_object_caching()
        return list(super().define_pipelines())
