"""The pages of one execution: `frame` around every tab, a module for each group of tabs, `actions` that change it."""
