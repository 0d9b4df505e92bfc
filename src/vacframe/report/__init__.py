"""Pages and figures for people; imported only when asked for."""
