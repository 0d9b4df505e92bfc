"""From a configuration to the graph of products and the state of every task, with reasons."""
