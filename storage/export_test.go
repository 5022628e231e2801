package storage

// Remembered is how many values all memories hold.
func (s *Store) Remembered() int {
	s.memories.mu.Lock()
	defer s.memories.mu.Unlock()
	n := 0
	for e := s.memories.order.Front(); e != nil; e = e.Next() {
		n += e.Value.(*memory).count
	}
	if n != s.memories.total {
		return -1
	}
	return n
}
