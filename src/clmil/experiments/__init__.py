"""The paper's tables, figures and claims: what to run, how to lay it out, how to judge it."""
