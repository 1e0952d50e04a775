"""What ``pegbox doctor`` finds out: plugins, optimizers, their releases, and the machine.

Optimizers are imported in processes of their own only, to see whether that works and how long it
takes. How it is shown is the command line's affair.
"""
